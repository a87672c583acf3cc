/** Reads of the event log's file that are the same for its writer and for a reader in another thread. */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TidegateEvent } from '../domain/events.js';
import { initialState } from '../domain/state.js';
import type { ControlState } from '../domain/state.js';
import { checkLimit, forgotten } from './append-rules.js';
import type { Upcast } from './codec.js';
import type { EventCount, EventQuery, HistoryLog } from './event-log.js';
import { PAGE_ROWS, SEQ_AT_SQL, countSql, numberOf, readRows } from './sqlite-query.js';
import { checkpointOfRow, eventOfRow, metaValue } from './sqlite-verify.js';

/** Runs `work` on the file, or fails with EventLogError. The file may be another one each time. */
export type UseFile = <T>(work: (db: DatabaseSync, path: string) => T) => T;

export class SqliteReads implements HistoryLog {
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

  async checkpointBefore(seq: number): Promise<ControlState> {
    return this.#use((db, path) => {
      const row = db
        .prepare('SELECT seq, sha256, body FROM checkpoints WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
        .get(seq);
      if (row !== undefined) return checkpointOfRow(path, row).state;
      const firstSeq = metaValue(db, 'first_seq');
      if (firstSeq > 1) throw forgotten(seq, firstSeq);
      return initialState();
    });
  }
}
