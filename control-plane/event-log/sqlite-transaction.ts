/** All of some work on a database, or nothing of it. */
import type { DatabaseSync } from 'node:sqlite';

/** Commits what `work` did; rolls it back when `work` or the commit throws. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself after some errors (disk full); a second one would hide the first.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
