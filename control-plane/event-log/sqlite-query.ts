/**
 * What the event log is asked for, in SQL. Each query is driven by one index, named in the statement, that has the events in the
 * order of their numbers: SQLite would else take the index with most equalities and sort what it finds, which for the
 * events of a pool of 1,000,000 took 1.4 s. What the index cannot tell is looked at row by row, and never more than
 * `PAGE_ROWS` rows are read by one statement.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { EventType } from '../domain/events.js';
import type { EventCount, EventQuery } from './event-log.js';
import { EVENT_COLUMNS } from './sqlite-verify.js';

/** Rows read at once: some 5 ms with decoding, and the write-ahead log can be cut in between. */
export const PAGE_ROWS = 1_000;

/** Rows read first where most may not be asked for; then four times as many, and so on. */
const FIRST_LOOK_ROWS = 50;

/** Types of which there are few, because people cause them and not traffic: quicker found by type than by backend. */
const RARE_TYPES: readonly EventType[] = ['BackendAdded', 'BackendRemoved', 'AdminStateChanged'];

export type EventRow = Readonly<Record<string, unknown>>;

/** A range of one index, in the order of numbers. */
interface Drive {
  readonly index: 'events_backend' | 'events_type' | null;
  readonly condition: string;
  readonly values: readonly SQLInputValue[];
  /** What the index does not tell; `null`: it tells all. */
  readonly passes: ((row: EventRow) => boolean) | null;
}

/** The statement of one page. Its last three values are `after`, `upTo` and the number of rows. */
export function pageSql(drive: Pick<Drive, 'index' | 'condition'>, order: EventQuery['order']): string {
  const by = drive.index === null ? 'NOT INDEXED' : `INDEXED BY ${drive.index}`;
  const direction = order === 'forward' ? 'ASC' : 'DESC';
  return `SELECT ${EVENT_COLUMNS} FROM events ${by} WHERE ${drive.condition} AND seq > ? AND seq <= ? ORDER BY seq ${direction} LIMIT ?`;
}

/** A page of rows to be read. */
interface PageRequest {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** Yields what is to be read, page by page, and is given the rows; answers those asked for, in order. */
export function* readRows(
  query: EventQuery,
): Generator<PageRequest, readonly EventRow[], readonly EventRow[]> {
  const found: EventRow[] = [];
  const drives = drivesOf(query);
  for (const drive of drives) {
    const sql = pageSql(drive, query.order);
    let [after, upTo] = [query.after ?? 0, query.upTo ?? Number.MAX_SAFE_INTEGER];
    let rows = drive.passes === null ? query.limit : Math.max(query.limit, FIRST_LOOK_ROWS);
    for (let wanted = query.limit; wanted > 0; rows *= 4) {
      const limit = Math.min(drive.passes === null ? wanted : rows, PAGE_ROWS);
      const page = yield { sql, values: [...drive.values, after, upTo, limit] };
      for (const row of page) {
        if (wanted === 0) break;
        if (drive.passes !== null && !drive.passes(row)) continue;
        found.push(row);
        wanted -= 1;
      }
      if (page.length < limit) break;
      const last = Number(page.at(-1)?.['seq']);
      if (query.order === 'forward') after = last;
      else upTo = last - 1;
    }
  }
  if (drives.length === 1) return found;
  const direction = query.order === 'forward' ? 1 : -1;
  return found.sort((a, b) => direction * (Number(a['seq']) - Number(b['seq']))).slice(0, query.limit);
}

export function drivesOf(query: EventQuery): readonly Drive[] {
  const { pool, backend, types } = query;
  const isThere = (row: EventRow): boolean =>
    (pool === undefined || row['pool'] === pool) && (backend === undefined || row['backend'] === backend);
  const isRare = types?.every((type) => RARE_TYPES.includes(type)) ?? false;
  if (pool !== undefined && backend !== undefined && !isRare) {
    const names: ReadonlySet<unknown> = new Set(types);
    const passes = types === undefined ? null : (row: EventRow) => names.has(row['type']);
    return [{ index: 'events_backend', ...placed(pool, backend), passes }];
  }
  const passes = pool === undefined && backend === undefined ? null : isThere;
  if (types === undefined) return [{ index: null, condition: 'TRUE', values: [], passes }];
  return [...new Set(types)].map((type) => ({
    index: 'events_type',
    condition: 'type = ?',
    values: [type],
    passes,
  }));
}

/** From the index alone. */
export function countSql(of: Pick<EventCount, 'pool' | 'backend'>): {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
} {
  const { condition, values } = placed(of.pool, of.backend);
  const sql = `SELECT count(*) AS n FROM events INDEXED BY events_backend WHERE ${condition} AND seq > ? AND seq <= ?`;
  return { sql, values };
}

export const SEQ_AT_SQL = 'SELECT seq AS n FROM events WHERE at <= ? ORDER BY at DESC, seq DESC LIMIT 1';

/** The number `n` that `sql` selects; 0 when it selects none. */
export function numberOf(db: DatabaseSync, sql: string, ...values: readonly SQLInputValue[]): number {
  return Number(db.prepare(sql).get(...values)?.['n'] ?? 0);
}

function placed(pool: string, backend: string | null): Pick<Drive, 'condition' | 'values'> {
  if (backend === null) return { condition: 'pool = ? AND backend IS NULL', values: [pool] };
  return { condition: 'pool = ? AND backend = ?', values: [pool, backend] };
}
