/**
 * Stores events, checkpoints and journal in an SQLite file in `data_dir`, with a write-ahead log, one fsync per append and
 * one writer. Calls cannot interleave, because node:sqlite is synchronous. `sqlite-file.ts` opens and verifies the file.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ControlState } from '../domain/state.js';
import { upcast } from '../domain/upcast.js';
import { checkAppend, checkBase, checkNumbers } from './append-rules.js';
import type { Upcast } from './codec.js';
import { claimDirectory, type DirectoryClaim } from './directory-claim.js';
import { EventLogError } from './event-log.js';
import type { Appended, Batch, LogStorage } from './log-storage.js';
import type { SqliteAccess } from './sqlite-access.js';
import { SqliteCheckpoints } from './sqlite-checkpoints.js';
import { guarded, unavailable } from './sqlite-errors.js';
import { SqliteEvents } from './sqlite-events.js';
import { openFile, proveWritable, type LogFile } from './sqlite-file.js';
import { SqliteJournal } from './sqlite-journal.js';
import { giveBackPages, withoutSync, type ForgettingStep } from './sqlite-retention.js';
import { transaction } from './sqlite-transaction.js';
import { SqliteWriter } from './sqlite-writer.js';

/**
 * Opens the event log of a data directory. A missing directory is created if its parent exists. Rejects with EventLogError:
 * `in-use`, `corrupt`, `too-new` or `unavailable`.
 * @param lift lifts events of older schemas to the present one
 */
export async function openSqliteStorage(dataDir: string, lift: Upcast = upcast): Promise<LogStorage> {
  const claim = await claimDirectory(dataDir);
  try {
    return new SqliteStorage(openFile(dataDir, lift), claim, lift);
  } catch (error) {
    claim.release();
    throw error;
  }
}

class SqliteStorage implements LogStorage {
  readonly events: SqliteEvents;
  readonly checkpoints: SqliteCheckpoints;
  readonly journal: SqliteJournal;
  readonly #file: LogFile;
  readonly #claim: DirectoryClaim;
  readonly #upcast: Upcast;
  #writer: SqliteWriter;
  #closed = false;

  constructor(file: LogFile, claim: DirectoryClaim, upcast: Upcast) {
    this.#file = file;
    this.#claim = claim;
    this.#upcast = upcast;
    this.#writer = new SqliteWriter(file.db);
    const access: SqliteAccess = {
      use: (work) => this.#use(work),
      upcast,
      writer: () => this.#writer,
      append: (expectedSeq, batch) => this.append(expectedSeq, batch),
      forget: (steps) => this.#forget(steps),
    };
    this.events = new SqliteEvents(access);
    this.checkpoints = new SqliteCheckpoints(access);
    this.journal = new SqliteJournal(access);
  }

  async append(expectedSeq: number, batch: Batch): Promise<Appended> {
    const { events, entries, base } = batch;
    return this.#use(() => {
      checkAppend(this.#writer.end.seq, expectedSeq, events);
      checkBase(expectedSeq, events, base);
      if (events.length === 0 && entries.length === 0) return 'all';
      this.#file.checkPlace();
      this.#writer.append(batch);
      return 'all';
    });
  }

  async check(byWriting: boolean): Promise<void> {
    this.#use(() => {
      this.#file.check();
      if (byWriting) proveWritable(this.#file.db);
    });
  }

  async renew(base: ControlState, batch: Pick<Batch, 'events' | 'entries'>): Promise<void> {
    checkNumbers(base.seq, batch.events);
    guarded(this.#file.path, () => {
      this.#file.renew((db) => {
        const writer = new SqliteWriter(db);
        writer.begin(base);
        writer.append(batch);
      }, this.#upcast);
      this.#writer = new SqliteWriter(this.#file.db);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      guarded(this.#file.path, () => this.#file.close());
    } finally {
      this.#claim.release();
    }
  }

  async #forget(stepsOf: (db: DatabaseSync) => Generator<ForgettingStep, void>): Promise<void> {
    const steps = this.#use(stepsOf);
    const forget = (db: DatabaseSync): boolean => {
      const next = steps.next();
      if (next.done !== true) transaction(db, next.value);
      return next.done !== true;
    };
    for (const step of [forget, giveBackPages]) {
      while (this.#use((db) => withoutSync(db, step))) await nextTurn();
    }
  }

  #use<T>(work: (db: DatabaseSync, path: string) => T): T {
    if (this.#closed) throw new EventLogError('unavailable', 'The event log is closed.');
    const { path, db } = this.#file;
    try {
      return guarded(path, () => work(db, path));
    } catch (error) {
      // This process has held the lock since the file was opened. A program that writes now has ignored the lock and may
      // stop soon.
      if (!(error instanceof EventLogError) || error.kind !== 'in-use') throw error;
      throw unavailable(path, 'another program holds it for writing', error);
    }
  }
}
