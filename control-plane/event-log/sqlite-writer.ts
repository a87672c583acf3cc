/** Writes events, journal entries and checkpoints into the tables of an open file, and knows where they end. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { assert } from '#shared/assert.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';
import { checkBeginning, conflict } from './append-rules.js';
import { encodeEvent, encodeJournalEntry, encodeState, sha256 } from './codec.js';
import type { LogEnd } from './event-log.js';
import type { Batch } from './log-storage.js';
import { numberOf } from './sqlite-query.js';
import { transaction } from './sqlite-transaction.js';
import { EVENT_COLUMNS, metaValue, type MetaKey } from './sqlite-verify.js';

export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #insertEvent: StatementSync;
  readonly #insertEntry: StatementSync;
  readonly #insertSegment: StatementSync;
  readonly #growSegment: StatementSync;
  readonly #setMeta: StatementSync;
  readonly #setLastSeq: StatementSync;
  readonly #insertCheckpoint: StatementSync;
  /** The committed end. A failed transaction does not change it. */
  #end: LogEnd;
  #segment: number;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insertEvent = db.prepare(`INSERT INTO events (${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
    this.#insertEntry = db.prepare(
      'INSERT INTO journal (id, segment, at, kind, pool, backend, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertSegment = db.prepare('INSERT INTO segments (id, at, seq, bytes) VALUES (?, ?, ?, 0)');
    this.#growSegment = db.prepare('UPDATE segments SET bytes = bytes + ? WHERE id = ?');
    this.#setMeta = db.prepare('UPDATE meta SET value = ? WHERE key = ?');
    this.#setLastSeq = db.prepare("UPDATE meta SET value = ? WHERE key = 'last_seq' AND value = ?");
    this.#insertCheckpoint = db.prepare(
      'INSERT OR REPLACE INTO checkpoints (seq, at, sha256, body) VALUES (?, ?, ?, ?)',
    );
    this.#end = { seq: metaValue(db, 'last_seq'), commandId: lastCommandId(db) };
    this.#segment = numberOf(db, 'SELECT max(id) AS n FROM segments');
  }

  get end(): LogEnd {
    return this.#end;
  }

  /** Writes the whole batch or nothing. */
  append({ events, entries, base }: Batch): void {
    checkBeginning(this.#segment > 0, entries);
    const last = events.at(-1);
    const end = last === undefined ? this.#end : { seq: last.seq, commandId: last.cause.id };
    const segment = transaction(this.#db, () => {
      if (last !== undefined) this.#moveEnd(end);
      if (base !== undefined) this.#writeCheckpoint(base);
      for (const event of events) this.#writeEvent(event);
      return this.#writeJournal(entries);
    });
    this.#end = end;
    this.#segment = segment;
  }

  /** Starts an empty file: numbers continue after `state`, and the events before it are unknown. */
  begin(state: ControlState): void {
    transaction(this.#db, () => {
      this.#writeCheckpoint(state);
      this.#writeMeta('first_seq', state.seq + 1);
      this.#writeMeta('last_seq', state.seq);
    });
    this.#end = { ...this.#end, seq: state.seq };
  }

  saveCheckpoint(state: ControlState): void {
    const { seq } = this.#end;
    assert(state.seq <= seq, `a checkpoint at ${state.seq} of a log that ends at ${seq}`);
    this.#writeCheckpoint(state);
  }

  #writeCheckpoint(state: ControlState): void {
    const body = encodeState(state);
    this.#insertCheckpoint.run(state.seq, state.at, sha256(body), body);
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

  /** Returns the segment that further entries belong to. The number of a segment is that of its first entry. */
  #writeJournal(entries: readonly JournalEntry[]): number {
    let segment = this.#segment;
    let id = entries.length === 0 ? 0 : numberOf(this.#db, 'SELECT max(id) AS n FROM journal');
    let bytes = 0;
    const settle = (): void => {
      if (bytes > 0) this.#growSegment.run(bytes, segment);
      bytes = 0;
    };
    for (const entry of entries) {
      id += 1;
      if (entry.kind === 'segment') {
        settle();
        segment = id;
        this.#insertSegment.run(id, entry.at, entry.seq);
      }
      const body = encodeJournalEntry(entry);
      const { pool, backend } = placeOf(entry);
      this.#insertEntry.run(id, segment, entry.at, entry.kind, pool, backend, crc32(body), body);
      bytes += Buffer.byteLength(body);
    }
    settle();
    return segment;
  }

  /** Moves the end of the log. Throws `conflict` if another program has written, ignoring the lock of the directory. */
  #moveEnd({ seq, commandId }: LogEnd): void {
    const moved = this.#setLastSeq.run(seq, this.#end.seq).changes;
    if (moved !== 1) throw conflict(metaValue(this.#db, 'last_seq'), this.#end.seq);
    this.#writeMeta('last_command_id', commandId);
  }

  #writeMeta(key: MetaKey, value: number): void {
    this.#setMeta.run(value, key);
  }
}

/**
 * Id of the last command that led to an event. Earlier releases stored the id of the journal's last command instead. That id
 * may be too low, because the journal may lack the newest commands; then the newest event has the right one. It may also be
 * higher, because of commands without events; then ids continue from it.
 */
function lastCommandId(db: DatabaseSync): number {
  const ofNewest = "SELECT body ->> '$.cause.id' AS n FROM events ORDER BY seq DESC LIMIT 1";
  return Math.max(metaValue(db, 'last_command_id'), numberOf(db, ofNewest));
}

/** The pool and backend of an entry, for the columns. */
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
