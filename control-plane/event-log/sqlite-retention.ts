/**
 * Forgets events, checkpoints and journal in steps of a few milliseconds, and gives what they took back to the file system.
 * Each step is a transaction of its own after which the file is sound. What is to be forgotten is said in `retain.ts`.
 */
import type { DatabaseSync } from 'node:sqlite';
import { numberOf } from './sqlite-query.js';
import { metaValue } from './sqlite-verify.js';

/** Rows deleted in one step, each from three indexes, too. */
export const ROWS_PER_STEP = 500;
/** Checkpoints deleted in one step: they may be megabytes each. */
const CHECKPOINTS_PER_STEP = 4;
/** Pages of 4 KiB given back in one step. */
const PAGES_PER_STEP = 64;

/** Work to be done in a transaction of its own. */
export type ForgettingStep = () => void;

/** Forgets the journal before a segment. */
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

/** Forgets events; the number of the first that stays goes with them. */
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
 * Gives some free pages back to the file system; false: there are none, or the file was made by a release that could not
 * (`auto_vacuum`), which then fills them anew.
 */
export function giveBackPages(db: DatabaseSync): boolean {
  const before = freePages(db);
  if (before === 0) return false;
  db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
  return freePages(db) < before;
}

/**
 * Does what may as well be undone by a power failure without waiting for the disk. What is appended afterwards takes it
 * along.
 */
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
