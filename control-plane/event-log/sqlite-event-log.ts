/**
 * The event log in an SQLite file under `data_dir`: write-ahead log, one fsync per append, one writer. Calls run to
 * their end at once (node:sqlite is synchronous), so appends cannot interleave. Opening and verifying is `sqlite-file.ts`.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { assert } from '#shared/assert.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import { initialState } from '../domain/state.js';
import type { ControlState } from '../domain/state.js';
import { upcast } from '../domain/upcast.js';
import { checkAppend, checkNumbers } from './append-rules.js';
import { decodeJournalEntry } from './codec.js';
import type { Upcast } from './codec.js';
import { claimDirectory, type DirectoryClaim } from './directory-claim.js';
import { EventLogError } from './event-log.js';
import type { EventCount, EventLog, EventQuery, Recovered, RetentionLimits } from './event-log.js';
import { guarded, unavailable } from './sqlite-errors.js';
import { openFile, proveWritable } from './sqlite-file.js';
import type { LogFile } from './sqlite-file.js';
import { giveBackPages, retentionSteps, withoutSync } from './sqlite-retention.js';
import { numberOf } from './sqlite-query.js';
import { SqliteReads } from './sqlite-reads.js';
import { transaction } from './sqlite-transaction.js';
import { SqliteWriter } from './sqlite-writer.js';
import { EVENT_COLUMNS, checkedBody, eventOfRow, newestCheckpoint } from './sqlite-verify.js';

/** Journal entries fetched at a time by `readJournal`. */
const JOURNAL_PAGE = 500;

/**
 * Opens the event log of a data directory, which is created if only it itself is missing. Fails with EventLogError:
 * `in-use`, `corrupt`, `too-new` or `unavailable`. `lift` brings events of older schemas to the present one.
 */
export async function openSqliteEventLog(dataDir: string, lift: Upcast = upcast): Promise<EventLog> {
  const claim = await claimDirectory(dataDir);
  try {
    return new SqliteEventLog(openFile(dataDir, lift), claim, lift);
  } catch (error) {
    claim.release();
    throw error;
  }
}

class SqliteEventLog implements EventLog {
  readonly #file: LogFile;
  readonly #claim: DirectoryClaim;
  readonly #upcast: Upcast;
  readonly #reads: SqliteReads;
  #writer: SqliteWriter;
  #closed = false;

  constructor(file: LogFile, claim: DirectoryClaim, upcast: Upcast) {
    this.#file = file;
    this.#claim = claim;
    this.#upcast = upcast;
    this.#reads = new SqliteReads((work) => this.#use((db) => work(db, file.path)), upcast);
    this.#writer = new SqliteWriter(file.db);
  }

  async recover(): Promise<Recovered> {
    return this.#use((db) => {
      const checkpoint = newestCheckpoint(db, this.#file.path);
      const rows = db
        .prepare(`SELECT ${EVENT_COLUMNS} FROM events WHERE seq > ? ORDER BY seq`)
        .all(checkpoint.seq);
      return {
        checkpoint: checkpoint.state ?? initialState(),
        events: rows.map((row) => eventOfRow(this.#file.path, row, this.#upcast)),
        lastCommandId: this.#writer.lastCommandId,
      };
    });
  }

  async append(
    expectedSeq: number,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
    base?: ControlState,
  ): Promise<void> {
    this.#use(() => {
      checkAppend(this.#writer.lastSeq, expectedSeq, events, base);
      if (events.length === 0 && journal.length === 0) return;
      this.#file.checkPlace();
      this.#writer.append(events, journal, base);
    });
  }

  async check(byWriting: boolean): Promise<void> {
    this.#use(() => {
      this.#file.check();
      if (byWriting) proveWritable(this.#file.db);
    });
  }

  async renew(
    base: ControlState,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
  ): Promise<void> {
    checkNumbers(base.seq, events);
    guarded(this.#file.path, () => {
      this.#file.renew((db) => {
        const writer = new SqliteWriter(db);
        writer.begin(base);
        writer.append(events, journal, undefined);
      }, this.#upcast);
      this.#writer = new SqliteWriter(this.#file.db);
    });
  }

  read(query: EventQuery): Promise<readonly TidegateEvent[]> {
    return this.#reads.read(query);
  }

  count(of: EventCount): Promise<number> {
    return this.#reads.count(of);
  }

  seqAt(at: number): Promise<number> {
    return this.#reads.seqAt(at);
  }

  checkpointBefore(seq: number): Promise<ControlState> {
    return this.#reads.checkpointBefore(seq);
  }

  async saveCheckpoint(state: ControlState): Promise<void> {
    this.#use(() => {
      const { lastSeq } = this.#writer;
      assert(state.seq <= lastSeq, `a checkpoint at ${state.seq} of a log that ends at ${lastSeq}`);
      this.#writer.writeCheckpoint(state);
    });
  }

  async *readJournal(from: number, to: number): AsyncIterable<JournalEntry> {
    let after = this.#use((db) => {
      const holding = numberOf(db, 'SELECT max(id) AS n FROM segments WHERE at <= ?', from);
      return holding - 1;
    });
    for (;;) {
      const rows = this.#use((db) =>
        db
          .prepare('SELECT id, crc, body FROM journal WHERE id > ? AND at <= ? ORDER BY id LIMIT ?')
          .all(after, to, JOURNAL_PAGE),
      );
      for (const row of rows) {
        yield guarded(this.#file.path, () =>
          decodeJournalEntry(checkedBody(this.#file.path, row, `journal entry ${String(row['id'])}`)),
        );
      }
      if (rows.length < JOURNAL_PAGE) return;
      after = Number(rows.at(-1)?.['id']);
    }
  }

  /** In steps, between which the process goes on. Each leaves a sound log, so that an end in between does no harm. */
  async retain(limits: RetentionLimits): Promise<void> {
    const steps = this.#use((db) => retentionSteps(db, { ...limits, lastSeq: this.#writer.lastSeq }));
    const forget = (db: DatabaseSync): boolean => {
      const next = steps.next();
      if (next.done !== true) transaction(db, next.value);
      return next.done !== true;
    };
    for (const step of [forget, giveBackPages]) {
      while (this.#use((db) => withoutSync(db, step))) await nextTurn();
    }
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

  #use<T>(work: (db: DatabaseSync) => T): T {
    if (this.#closed) throw new EventLogError('unavailable', 'The event log is closed.');
    const { path, db } = this.#file;
    try {
      return guarded(path, () => work(db));
    } catch (error) {
      // Ours since it was opened: whoever writes now did not heed the lock, and may be done in a moment.
      if (!(error instanceof EventLogError) || error.kind !== 'in-use') throw error;
      throw unavailable(path, 'another program holds it for writing', error);
    }
  }
}
