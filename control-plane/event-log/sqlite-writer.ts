/** Writes events, journal entries and checkpoints into the tables of a file that is open, and knows where they end. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalEntry } from '../domain/journal.js';
import type { ControlState } from '../domain/state.js';
import { conflict } from './append-rules.js';
import { encodeEvent, encodeJournalEntry, encodeState, sha256 } from './codec.js';
import { numberOf } from './sqlite-query.js';
import { transaction } from './sqlite-transaction.js';
import { EVENT_COLUMNS, metaValue } from './sqlite-verify.js';
import type { MetaKey } from './sqlite-verify.js';

export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #insertEvent: StatementSync;
  readonly #insertEntry: StatementSync;
  readonly #insertSegment: StatementSync;
  readonly #growSegment: StatementSync;
  readonly #setMeta: StatementSync;
  readonly #setLastSeq: StatementSync;
  readonly #insertCheckpoint: StatementSync;
  /** As committed; a transaction that fails leaves them as they were. */
  #lastSeq: number;
  #lastCommandId: number;
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
    this.#lastSeq = metaValue(db, 'last_seq');
    this.#lastCommandId = metaValue(db, 'last_command_id');
    this.#segment = numberOf(db, 'SELECT max(id) AS n FROM segments');
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get lastCommandId(): number {
    return this.#lastCommandId;
  }

  /** All of it, or nothing. `base` becomes a checkpoint. */
  append(
    events: readonly TidegateEvent[],
    journal: readonly JournalEntry[],
    base: ControlState | undefined,
  ): void {
    const lastSeq = events.at(-1)?.seq ?? this.#lastSeq;
    const lastCommandId = journal.reduce(
      (highest, entry) => (entry.kind === 'command' ? Math.max(highest, entry.command.id) : highest),
      this.#lastCommandId,
    );
    const segment = transaction(this.#db, () => {
      if (events.length > 0) this.#moveEnd(lastSeq);
      if (base !== undefined) this.writeCheckpoint(base);
      for (const event of events) this.#writeEvent(event);
      if (lastCommandId !== this.#lastCommandId) this.#writeMeta('last_command_id', lastCommandId);
      return this.#writeJournal(journal, lastSeq);
    });
    this.#lastSeq = lastSeq;
    this.#lastCommandId = lastCommandId;
    this.#segment = segment;
  }

  /** For an empty file: its numbers go on from `state`, and nothing of what led there is known. */
  begin(state: ControlState): void {
    transaction(this.#db, () => {
      this.writeCheckpoint(state);
      this.#writeMeta('first_seq', state.seq + 1);
      this.#writeMeta('last_seq', state.seq);
    });
    this.#lastSeq = state.seq;
  }

  writeCheckpoint(state: ControlState): void {
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

  /** Answers the segment that further entries belong to. A segment has the number of its first entry. */
  #writeJournal(journal: readonly JournalEntry[], lastSeq: number): number {
    let segment = this.#segment;
    let id = journal.length === 0 ? 0 : numberOf(this.#db, 'SELECT max(id) AS n FROM journal');
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
    if (moved !== 1) throw conflict(metaValue(this.#db, 'last_seq'), this.#lastSeq);
  }

  #writeMeta(key: MetaKey, value: number): void {
    this.#setMeta.run(value, key);
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
