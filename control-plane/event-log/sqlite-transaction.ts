/** Runs work on a database completely or not at all. */
import type { DatabaseSync } from 'node:sqlite';

/** Commits the changes of `work`. Rolls them back if `work` or the commit throws. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // After some errors (disk full) SQLite has rolled back already. A second rollback would fail and hide the first error.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
