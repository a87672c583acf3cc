/**
 * The tables of the event log's file, and the migrations of older files. `user_version` counts the migrations of a file.
 * `meta.schema_version` repeats the number, so that a damaged header is not mistaken for the file of a newer release.
 */
import type { DatabaseSync } from 'node:sqlite';
import { EventLogError } from './event-log.js';
import { transaction } from './sqlite-transaction.js';

/** Marks the file as Tidegate's event log: the letters `TIDE` in the header of the database. */
export const APPLICATION_ID = 0x54_49_44_45;

/** Migrations only go forward. A released one is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('schema_version', 1), ('first_seq', 1), ('last_seq', 0), ('last_command_id', 0);
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, at REAL NOT NULL, type TEXT NOT NULL, pool TEXT, backend TEXT,
    crc INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_at ON events (at);
  CREATE INDEX events_type ON events (type);
  CREATE INDEX events_backend ON events (pool, backend);
  CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, at REAL NOT NULL, sha256 TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE segments (id INTEGER PRIMARY KEY, at REAL NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, pool TEXT, backend TEXT,
    crc INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  `,
  // `domain/upcast.ts` does the same with the events themselves.
  `UPDATE events SET type = 'BackendSettingsChanged' WHERE type IN ('WeightChanged', 'MaxConnectionsChanged');`,
];

/** The version of the tables that this release reads and writes. */
export const TABLES_VERSION = MIGRATIONS.length;

/**
 * Runs the missing migrations and then `verify`, all in one transaction. If `verify` refuses the file, the file stays as it
 * was, because the older release must still be able to open it. Throws EventLogError `too-new` for the file of a newer
 * release.
 */
export function migrate(
  db: DatabaseSync,
  migrations: readonly string[] = MIGRATIONS,
  verify: () => void = () => undefined,
): void {
  const have = tablesVersion(db);
  if (have > migrations.length) {
    throw new EventLogError(
      'too-new',
      `The event log was written by a newer release (tables of version ${have}, this release knows ${migrations.length}). Start that release, or a later one.`,
    );
  }
  if (have === migrations.length) return;
  transaction(db, () => {
    for (const sql of migrations.slice(have)) db.exec(sql);
    db.exec(`
      UPDATE meta SET value = ${migrations.length} WHERE key = 'schema_version';
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${migrations.length};
    `);
    verify();
  });
}

/** How many migrations the file has had. */
export function tablesVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}
