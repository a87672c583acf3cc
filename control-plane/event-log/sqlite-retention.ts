/**
 * Deletes events, checkpoints and journal segments in steps of a few milliseconds, and returns their space to the file
 * system. Each step is a transaction of its own, after which the file is sound. `retain.ts` decides what to delete.
 */
import type { DatabaseSync } from 'node:sqlite';
import { numberOf } from './sqlite-query.js';
import { metaValue } from './sqlite-verify.js';

/** Rows deleted per step. Each row is in three indexes as well. */
export const ROWS_PER_STEP = 500;
/** Checkpoints deleted per step. Each may take megabytes. */
const CHECKPOINTS_PER_STEP = 4;
/** Pages of 4 KiB returned per step. */
const PAGES_PER_STEP = 64;

/** Work to be done in a transaction of its own. */
export type ForgettingStep = () => void;

/** Deletes the journal before the segment `before`. */
export function* journalSteps(db: DatabaseSync, before: number): Generator<ForgettingStep, void> {
  const first = numberOf(db, 'SELECT min(id) AS n FROM journal');
  for (let from = first; from < before; from += ROWS_PER_STEP) {
    const end = Math.min(from + ROWS_PER_STEP, before);
    yield () => {
      db.prepare('DELETE FROM journal WHERE id < ?').run(end);
      db.prepare('DELETE FROM segments WHERE id < ?').run(end);
    };
  }
}

/** Deletes events up to `upTo`. Each step also updates the number of the first remaining event. */
export function* eventSteps(db: DatabaseSync, upTo: number): Generator<ForgettingStep, void> {
  const first = metaValue(db, 'first_seq');
  for (let from = first; from <= upTo; from += ROWS_PER_STEP) {
    const firstSeq = Math.min(from + ROWS_PER_STEP, upTo + 1);
    yield () => {
      db.prepare('DELETE FROM events WHERE seq < ?').run(firstSeq);
      db.prepare("UPDATE meta SET value = ? WHERE key = 'first_seq'").run(firstSeq);
    };
  }
}

export function* checkpointSteps(db: DatabaseSync, seqs: readonly number[]): Generator<ForgettingStep, void> {
  for (let from = 0; from < seqs.length; from += CHECKPOINTS_PER_STEP) {
    yield () => {
      for (const seq of seqs.slice(from, from + CHECKPOINTS_PER_STEP)) {
        db.prepare('DELETE FROM checkpoints WHERE seq = ?').run(seq);
      }
    };
  }
}

/**
 * Returns some free pages to the file system. Returns false if no page was returned: there are none, or an old release made
 * the file without `auto_vacuum`. In such a file SQLite reuses the free pages.
 */
export function giveBackPages(db: DatabaseSync): boolean {
  const before = freePages(db);
  if (before === 0) return false;
  db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
  return freePages(db) < before;
}

/** Runs work without waiting for the disk. A power failure may undo it. The next append makes it durable. */
export function withoutSync<T>(db: DatabaseSync, work: (db: DatabaseSync) => T): T {
  db.exec('PRAGMA synchronous = NORMAL');
  try {
    return work(db);
  } finally {
    db.exec('PRAGMA synchronous = FULL');
  }
}

function freePages(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0);
}
