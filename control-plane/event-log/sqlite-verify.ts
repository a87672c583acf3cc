/**
 * Verifies the tables of an event log: event numbers without a gap from the first to the last acknowledged event, rows that
 * match their checksums, and a newest checkpoint that leads to the end.
 *
 * Each row has its own checksum, CRC-32 of its text. The text contains the number of the row, so exchanged rows are detected
 * too. A checksum chained to the previous row would detect missing rows as well, but the numbers do that. With separate
 * checksums, a filtered read can check its rows alone, and `retain` can cut the log anywhere.
 */
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { integer, record, text } from '#shared/shape.js';
import type { TidegateEvent } from '../domain/events.js';
import type { ControlState } from '../domain/state.js';
import { decodeEvent, decodeState, sha256, type Upcast } from './codec.js';
import { corrupt } from './sqlite-errors.js';

/** How many of the newest events are verified at the start. Older ones are verified whenever they are read. */
const VERIFIED_AT_START = 20_000;

export type MetaKey = 'schema_version' | 'first_seq' | 'last_seq' | 'last_command_id';

/** The columns of `events` that `eventOfRow` needs. */
export const EVENT_COLUMNS = 'seq, at, type, pool, backend, crc, body';

const anyText = text(Number.MAX_SAFE_INTEGER);
const bodyRow = record<{ readonly crc: number; readonly body: string }>({ crc: integer(0), body: anyText });
const checkpointRow = record<{ readonly seq: number; readonly sha256: string; readonly body: string }>({
  seq: integer(0),
  sha256: anyText,
  body: anyText,
});

/** A number from the bookkeeping of the log; -1 if it is missing. */
export function metaValue(db: DatabaseSync, key: MetaKey): number {
  const value = db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'];
  return typeof value === 'number' ? value : -1;
}

/** Throws EventLogError if the tables are not a sound log. */
export function verifyContents(db: DatabaseSync, path: string, upcast: Upcast): void {
  const first = metaValue(db, 'first_seq');
  const last = metaValue(db, 'last_seq');
  if (first < 1 || last < first - 1 || metaValue(db, 'last_command_id') < 0) {
    throw corrupt(path, 'its bookkeeping is damaged');
  }
  const extent = db.prepare('SELECT count(*) AS n, min(seq) AS low, max(seq) AS high FROM events').get();
  const expected = last - first + 1 - knownLosses(db, path, { first, upcast });
  const within = Number(extent?.['low'] ?? first) >= first && Number(extent?.['high'] ?? last) <= last;
  if (extent?.['n'] !== expected || !within) {
    throw corrupt(path, `it should hold the events ${first} to ${last}, but some are missing`);
  }

  const newest = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM events ORDER BY seq DESC LIMIT ${VERIFIED_AT_START}`,
  );
  for (const row of newest.iterate()) eventOfRow(path, row, upcast);
  const checkpoint = newestCheckpoint(db, path);
  if (checkpoint.seq > last || checkpoint.seq < first - 1) {
    throw corrupt(path, `its newest checkpoint (event ${checkpoint.seq}) does not lead to its end`);
  }
}

/**
 * How many numbers from `first` on are missing for a known reason: an `EventsLost` says that their events were never stored.
 */
function knownLosses(
  db: DatabaseSync,
  path: string,
  { first, upcast }: { readonly first: number; readonly upcast: Upcast },
): number {
  let lost = 0;
  const within = db.prepare('SELECT count(*) AS n FROM events WHERE seq BETWEEN ? AND ?');
  for (const row of db.prepare(`SELECT ${EVENT_COLUMNS} FROM events WHERE type = 'EventsLost'`).all()) {
    const event = eventOfRow(path, row, upcast);
    if (event.type !== 'EventsLost') continue;
    const from = Math.max(first, event.data.first);
    if (event.data.last < from) continue;
    if (Number(within.get(from, event.data.last)?.['n']) > 0) {
      throw corrupt(path, `it holds events that event ${event.seq} says were lost`);
    }
    lost += event.data.last - from + 1;
  }
  return lost;
}

/** The state of the newest checkpoint. If there is none, `seq` is 0 and `state` is `null`. */
function newestCheckpoint(
  db: DatabaseSync,
  path: string,
): { readonly seq: number; readonly state: ControlState | null } {
  const row = db.prepare('SELECT seq, sha256, body FROM checkpoints ORDER BY seq DESC LIMIT 1').get();
  return row === undefined ? { seq: 0, state: null } : checkpointOfRow(path, row);
}

/** Checks and decodes a row of `checkpoints`. Throws EventLogError `corrupt`. */
export function checkpointOfRow(
  path: string,
  row: unknown,
): { readonly seq: number; readonly state: ControlState } {
  const problem = checkpointRow.problem(row, 'checkpoint');
  if (problem !== null) throw corrupt(path, problem);
  const { seq, sha256: digest, body } = row as { seq: number; sha256: string; body: string };
  if (sha256(body) !== digest) throw corrupt(path, `the checkpoint at event ${seq} fails its checksum`);
  const state = decodeState(body);
  if (state.seq !== seq) throw corrupt(path, `the checkpoint at event ${seq} is of another event`);
  return { seq, state };
}

/** Checks and decodes a row of `events` with `EVENT_COLUMNS`. A release that renames a type must migrate the column too. */
export function eventOfRow(
  path: string,
  row: Readonly<Record<string, unknown>>,
  upcast: Upcast,
): TidegateEvent {
  const where = `event ${String(row['seq'])}`;
  const event = decodeEvent(checkedBody(path, row, where), upcast);
  const fits =
    event.seq === row['seq'] &&
    event.at === row['at'] &&
    event.type === row['type'] &&
    (event.pool ?? null) === row['pool'] &&
    (event.backend ?? null) === row['backend'];
  if (!fits) throw corrupt(path, `${where} does not fit its row`);
  return event;
}

/** Returns the text of a row. Throws EventLogError `corrupt` if the checksum does not match. */
export function checkedBody(path: string, row: unknown, where: string): string {
  const problem = bodyRow.problem(row, where);
  if (problem !== null) throw corrupt(path, problem);
  const { crc, body } = row as { crc: number; body: string };
  if (crc32(body) !== crc) throw corrupt(path, `${where} fails its checksum`);
  return body;
}
