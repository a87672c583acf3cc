/**
 * Forgets what is too old or too much, in steps of a few milliseconds, and gives what it took back to the file system.
 * Each step is a transaction of its own after which the log is sound: the first events go together with the
 * checkpoints that led to them.
 */
import type { DatabaseSync } from 'node:sqlite';
import { checkpointsToForget, retentionBase, segmentsToForget } from './append-rules.js';
import type { SegmentExtent } from './append-rules.js';
import type { RetentionLimits } from './event-log.js';
import { numberOf } from './sqlite-query.js';
import { metaValue } from './sqlite-verify.js';

/** Rows deleted in one step, each from three indexes, too. */
export const ROWS_PER_STEP = 500;
/** Checkpoints deleted in one step: they may be megabytes each. */
const CHECKPOINTS_PER_STEP = 4;
/** Pages of 4 KiB given back in one step. */
const PAGES_PER_STEP = 64;

/** Work to be done in a transaction of its own. */
export type RetentionStep = () => void;

export function* retentionSteps(
  db: DatabaseSync,
  limits: RetentionLimits & { readonly lastSeq: number },
): Generator<RetentionStep, void> {
  const segments: readonly SegmentExtent[] = db
    .prepare('SELECT id, at, seq, bytes FROM segments ORDER BY id')
    .all()
    .map((row) => ({
      id: Number(row['id']),
      at: Number(row['at']),
      seq: Number(row['seq']),
      bytes: Number(row['bytes']),
    }));
  const oldest = segments[segmentsToForget(segments, limits)];
  if (oldest !== undefined) yield* journalSteps(db, oldest.id);
  const base = retentionBase(checkpointsOf(db), limits.lastSeq, limits.keepEvents, oldest?.seq);
  yield* eventSteps(db, base);
  const bases = basesOf(db);
  const crowded = checkpointsToForget(checkpointsOf(db)).filter((seq) => !bases.has(seq));
  for (let from = 0; from < crowded.length; from += CHECKPOINTS_PER_STEP) {
    const some = crowded.slice(from, from + CHECKPOINTS_PER_STEP);
    yield () => {
      for (const seq of some) db.prepare('DELETE FROM checkpoints WHERE seq = ?').run(seq);
    };
  }
}

function* journalSteps(db: DatabaseSync, before: number): Generator<RetentionStep, void> {
  const first = numberOf(db, 'SELECT min(id) AS n FROM journal');
  for (let from = first; from < before; from += ROWS_PER_STEP) {
    const end = Math.min(from + ROWS_PER_STEP, before);
    yield () => {
      db.prepare('DELETE FROM journal WHERE id < ?').run(end);
      db.prepare('DELETE FROM segments WHERE id < ?').run(end);
    };
  }
}

/** `base`: the checkpoint from which everything that stays can be rebuilt. */
function* eventSteps(db: DatabaseSync, base: number): Generator<RetentionStep, void> {
  const first = metaValue(db, 'first_seq');
  for (let from = first; from <= base; from += ROWS_PER_STEP) {
    const firstSeq = Math.min(from + ROWS_PER_STEP, base + 1);
    yield () => {
      db.prepare('DELETE FROM events WHERE seq < ?').run(firstSeq);
      db.prepare('DELETE FROM checkpoints WHERE seq < ?').run(firstSeq - 1);
      db.prepare("UPDATE meta SET value = ? WHERE key = 'first_seq'").run(firstSeq);
    };
  }
}

/** Checkpoints that lead over a gap in the events: without them nothing beyond could be rebuilt. */
function basesOf(db: DatabaseSync): ReadonlySet<number> {
  const rows = db.prepare("SELECT seq FROM events WHERE type = 'EventsLost'").all();
  return new Set(rows.map((row) => Number(row['seq']) - 1));
}

function checkpointsOf(db: DatabaseSync): readonly number[] {
  return db
    .prepare('SELECT seq FROM checkpoints ORDER BY seq')
    .all()
    .map((row) => Number(row['seq']));
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
