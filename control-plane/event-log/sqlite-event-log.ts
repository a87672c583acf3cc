/**
 * The event log in an SQLite file under `data_dir`: write-ahead log, one fsync per append, one writer. Calls run to
 * their end at once (node:sqlite is synchronous), so appends cannot interleave. Opening and verifying is `sqlite-file.ts`.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { assert } from '#shared/assert.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import { initialState } from '../domain/state.js';
import type { ControlState } from '../domain/state.js';
import { upcast } from '../domain/upcast.js';
import { checkAppend, conflict } from './append-rules.js';
import { decodeJournalEntry, encodeEvent, encodeJournalEntry, encodeState, sha256 } from './codec.js';
import type { Upcast } from './codec.js';
import { claimDirectory, type DirectoryClaim } from './directory-claim.js';
import { EventLogError } from './event-log.js';
import type { EventCount, EventLog, EventQuery, Recovered, RetentionLimits } from './event-log.js';
import { guarded, unavailable } from './sqlite-errors.js';
import { openFile } from './sqlite-file.js';
import type { OpenFile } from './sqlite-file.js';
import { giveBackPages, retentionSteps, withoutSync } from './sqlite-retention.js';
import { numberOf } from './sqlite-query.js';
import { SqliteReads } from './sqlite-reads.js';
import { transaction } from './sqlite-transaction.js';
import { EVENT_COLUMNS, checkedBody, eventOfRow, metaValue, newestCheckpoint } from './sqlite-verify.js';
import type { MetaKey } from './sqlite-verify.js';

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
  readonly #file: OpenFile;
  readonly #claim: DirectoryClaim;
  readonly #upcast: Upcast;
  readonly #reads: SqliteReads;
  readonly #insertEvent: StatementSync;
  readonly #insertEntry: StatementSync;
  readonly #insertSegment: StatementSync;
  readonly #growSegment: StatementSync;
  readonly #setMeta: StatementSync;
  readonly #setLastSeq: StatementSync;
  /** As committed; a transaction that fails leaves them as they were. */
  #lastSeq: number;
  #lastCommandId: number;
  #segment: number;
  #closed = false;

  constructor(file: OpenFile, claim: DirectoryClaim, upcast: Upcast) {
    const { db } = file;
    this.#file = file;
    this.#claim = claim;
    this.#upcast = upcast;
    this.#reads = new SqliteReads((work) => this.#use((open) => work(open, file.path)), upcast);
    this.#insertEvent = db.prepare(`INSERT INTO events (${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
    this.#insertEntry = db.prepare(
      'INSERT INTO journal (id, segment, at, kind, pool, backend, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertSegment = db.prepare('INSERT INTO segments (id, at, seq, bytes) VALUES (?, ?, ?, 0)');
    this.#growSegment = db.prepare('UPDATE segments SET bytes = bytes + ? WHERE id = ?');
    this.#setMeta = db.prepare('UPDATE meta SET value = ? WHERE key = ?');
    this.#setLastSeq = db.prepare("UPDATE meta SET value = ? WHERE key = 'last_seq' AND value = ?");
    this.#lastSeq = metaValue(db, 'last_seq');
    this.#lastCommandId = metaValue(db, 'last_command_id');
    this.#segment = numberOf(db, 'SELECT max(id) AS n FROM segments');
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
        lastCommandId: this.#lastCommandId,
      };
    });
  }

  async append(
    expectedSeq: number,
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
  ): Promise<void> {
    this.#use((db) => {
      checkAppend(this.#lastSeq, expectedSeq, events);
      if (events.length === 0 && journal.length === 0) return;
      const lastSeq = expectedSeq + events.length;
      const lastCommandId = journal.reduce(
        (highest, entry) => (entry.kind === 'command' ? Math.max(highest, entry.command.id) : highest),
        this.#lastCommandId,
      );
      const segment = transaction(db, () => {
        if (events.length > 0) this.#moveEnd(lastSeq);
        for (const event of events) this.#writeEvent(event);
        if (lastCommandId !== this.#lastCommandId) this.#writeMeta('last_command_id', lastCommandId);
        return this.#writeJournal(db, journal, lastSeq);
      });
      this.#lastSeq = lastSeq;
      this.#lastCommandId = lastCommandId;
      this.#segment = segment;
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
    this.#use((db) => {
      assert(
        state.seq <= this.#lastSeq,
        `a checkpoint at ${state.seq} of a log that ends at ${this.#lastSeq}`,
      );
      const body = encodeState(state);
      db.prepare('INSERT OR REPLACE INTO checkpoints (seq, at, sha256, body) VALUES (?, ?, ?, ?)').run(
        state.seq,
        state.at,
        sha256(body),
        body,
      );
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
    const steps = this.#use((db) => retentionSteps(db, { ...limits, lastSeq: this.#lastSeq }));
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

  #writeEvent(event: TidegateEvent): void {
    const body = encodeEvent(event);
    this.#insertEvent.run(
      event.seq,
      event.at,
      event.type,
      event.pool ?? null,
      event.backend ?? null,
      crc32(body),
      body,
    );
  }

  /** Answers the segment that further entries belong to. A segment has the number of its first entry. */
  #writeJournal(db: DatabaseSync, journal: readonly JournalEntry[], lastSeq: number): number {
    let segment = this.#segment;
    let id = journal.length === 0 ? 0 : numberOf(db, 'SELECT max(id) AS n FROM journal');
    let bytes = 0;
    const settle = (): void => {
      if (bytes > 0) this.#growSegment.run(bytes, segment);
      bytes = 0;
    };
    for (const entry of journal) {
      id += 1;
      if (entry.kind === 'segment' || segment === 0) {
        settle();
        segment = id;
        this.#insertSegment.run(id, entry.at, entry.kind === 'segment' ? entry.seq : lastSeq);
      }
      const body = encodeJournalEntry(entry);
      const { pool, backend } = placeOf(entry);
      this.#insertEntry.run(id, segment, entry.at, entry.kind, pool, backend, crc32(body), body);
      bytes += Buffer.byteLength(body);
    }
    settle();
    return segment;
  }

  /** Finds out whether somebody wrote who did not heed the lock of the directory. */
  #moveEnd(lastSeq: number): void {
    const moved = this.#setLastSeq.run(lastSeq, this.#lastSeq).changes;
    if (moved !== 1) throw conflict(metaValue(this.#file.db, 'last_seq'), this.#lastSeq);
  }

  #writeMeta(key: MetaKey, value: number): void {
    this.#setMeta.run(value, key);
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

/** What an entry is about, for the columns. */
function placeOf(entry: JournalEntry): { readonly pool: string | null; readonly backend: string | null } {
  switch (entry.kind) {
    case 'segment':
      return { pool: null, backend: null };
    case 'command':
      return {
        pool: 'pool' in entry.command ? entry.command.pool : null,
        backend:
          'backend' in entry.command && typeof entry.command.backend === 'string'
            ? entry.command.backend
            : null,
      };
    case 'passes':
    case 'successes':
      return { pool: entry.pool, backend: entry.backend };
  }
}
