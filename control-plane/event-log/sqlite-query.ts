/**
 * Builds the SQL of queries on the event log. The statement names one index, which delivers the events in the order of their
 * numbers. Without that, SQLite would choose the index with the most equalities and sort the result, which took 1.4 s for
 * the events of one pool in a log of 1,000,000. Conditions that the index cannot check are checked row by row. One statement
 * reads at most `PAGE_ROWS` rows.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { EventType } from '../domain/events.js';
import type { EventCount, EventQuery } from './event-log.js';
import { EVENT_COLUMNS } from './sqlite-verify.js';

/** Rows per statement. Reading and decoding them takes about 5 ms, and the write-ahead log can be truncated in between. */
export const PAGE_ROWS = 1_000;

/** Rows of the first page if many of them may not match. Each further page is four times as large. */
const FIRST_LOOK_ROWS = 50;

/**
 * Event types that are rare, because operators cause them and not traffic. An index on the type finds them faster than an
 * index on the backend.
 */
const RARE_TYPES: readonly EventType[] = ['BackendAdded', 'BackendRemoved', 'AdminStateChanged'];

export type EventRow = Readonly<Record<string, unknown>>;

/** A range of one index, in the order of event numbers. */
interface Drive {
  readonly index: 'events_backend' | 'events_type' | null;
  readonly condition: string;
  readonly values: readonly SQLInputValue[];
  /** Checks the conditions that the index cannot check; `null` if the index checks all. */
  readonly passes: ((row: EventRow) => boolean) | null;
}

/** The statement for one page. Its last three values are `after`, `upTo` and the number of rows. */
export function pageSql(drive: Pick<Drive, 'index' | 'condition'>, order: EventQuery['order']): string {
  const by = drive.index === null ? 'NOT INDEXED' : `INDEXED BY ${drive.index}`;
  const direction = order === 'forward' ? 'ASC' : 'DESC';
  return `SELECT ${EVENT_COLUMNS} FROM events ${by} WHERE ${drive.condition} AND seq > ? AND seq <= ? ORDER BY seq ${direction} LIMIT ?`;
}

/** A page of rows to read. */
interface PageRequest {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** Yields the pages to read and receives their rows. Returns the matching rows, in order. */
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

/** Counts on the index alone, without reading rows. */
export function countSql(of: Pick<EventCount, 'pool' | 'backend'>): {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
} {
  const { condition, values } = placed(of.pool, of.backend);
  const sql = `SELECT count(*) AS n FROM events INDEXED BY events_backend WHERE ${condition} AND seq > ? AND seq <= ?`;
  return { sql, values };
}

export const SEQ_AT_SQL = 'SELECT seq AS n FROM events WHERE at <= ? ORDER BY at DESC, seq DESC LIMIT 1';

/** The number `n` that `sql` selects; 0 if it selects none. */
export function numberOf(db: DatabaseSync, sql: string, ...values: readonly SQLInputValue[]): number {
  return Number(db.prepare(sql).get(...values)?.['n'] ?? 0);
}

function placed(pool: string, backend: string | null): Pick<Drive, 'condition' | 'values'> {
  if (backend === null) return { condition: 'pool = ? AND backend IS NULL', values: [pool] };
  return { condition: 'pool = ? AND backend = ?', values: [pool, backend] };
}
