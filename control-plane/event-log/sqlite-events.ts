/** The events in the file. The writer and a reader in another thread read them by the same code. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TidegateEvent } from '../domain/events.js';
import { checkLimit } from './append-rules.js';
import type { Upcast } from './codec.js';
import type { EventCount, EventLog, EventQuery, EventReader, LogEnd } from './event-log.js';
import type { SqliteAccess, UseFile } from './sqlite-access.js';
import { PAGE_ROWS, SEQ_AT_SQL, countSql, numberOf, readRows } from './sqlite-query.js';
import { eventSteps } from './sqlite-retention.js';
import { eventOfRow } from './sqlite-verify.js';

export class SqliteEventReader implements EventReader {
  readonly #use: UseFile;
  readonly #upcast: Upcast;

  constructor(use: UseFile, upcast: Upcast) {
    this.#use = use;
    this.#upcast = upcast;
  }

  async read(query: EventQuery): Promise<readonly TidegateEvent[]> {
    checkLimit(query);
    const pages = readRows(query);
    let step = pages.next([]);
    for (let first = true; step.done !== true; first = false) {
      if (!first) await nextTurn();
      const { sql, values } = step.value;
      step = pages.next(this.#use((db) => db.prepare(sql).all(...values)));
    }
    const rows = step.value;
    const events: TidegateEvent[] = [];
    for (let from = 0; from < rows.length; from += PAGE_ROWS) {
      if (from > 0) await nextTurn();
      const page = rows.slice(from, from + PAGE_ROWS);
      this.#use((_db, path) => events.push(...page.map((row) => eventOfRow(path, row, this.#upcast))));
    }
    return events;
  }

  async count(of: EventCount): Promise<number> {
    const { sql, values } = countSql(of);
    return this.#use((db) => numberOf(db, sql, ...values, of.after, of.upTo));
  }

  async seqAt(at: number): Promise<number> {
    return this.#use((db) => numberOf(db, SEQ_AT_SQL, at));
  }
}

export class SqliteEvents implements EventLog {
  readonly #file: SqliteAccess;
  readonly #reader: SqliteEventReader;

  constructor(file: SqliteAccess) {
    this.#file = file;
    this.#reader = new SqliteEventReader(file.use, file.upcast);
  }

  read(query: EventQuery): Promise<readonly TidegateEvent[]> {
    return this.#reader.read(query);
  }

  count(of: EventCount): Promise<number> {
    return this.#reader.count(of);
  }

  seqAt(at: number): Promise<number> {
    return this.#reader.seqAt(at);
  }

  async end(): Promise<LogEnd> {
    return this.#file.use(() => this.#file.writer().end);
  }

  async append(expectedSeq: number, events: readonly TidegateEvent[]): Promise<void> {
    await this.#file.append(expectedSeq, { events, entries: [] });
  }

  async forget(upTo: number): Promise<void> {
    await this.#file.forget((db) => eventSteps(db, upTo));
  }
}
