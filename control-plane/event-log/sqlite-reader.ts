/**
 * Reads the event log that another thread writes, over a read-only connection of its own. The connection is opened for each
 * question, which costs less than a millisecond, because the file may have been created anew in the meantime.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { HistoryLog } from './checkpoints.js';
import type { Upcast } from './codec.js';
import type { UseFile } from './sqlite-access.js';
import { SqliteCheckpointReader } from './sqlite-checkpoints.js';
import { guarded, unavailable } from './sqlite-errors.js';
import { SqliteEventReader } from './sqlite-events.js';
import { EVENT_LOG_FILE } from './sqlite-file.js';
import { metaValue } from './sqlite-verify.js';

/** How long to wait while the writer recreates the write-ahead log, in milliseconds. */
const BUSY_MS = 1_000;

export class SqliteReader implements HistoryLog {
  readonly events: SqliteEventReader;
  readonly checkpoints: SqliteCheckpointReader;
  readonly #db: DatabaseSync;
  readonly #path: string;

  /**
   * Throws EventLogError: `unavailable` if the file does not exist or ends before `storedSeq`.
   * @param storedSeq the last event that the writer has stored
   */
  static open(dataDir: string, storedSeq: number, upcast: Upcast): SqliteReader {
    const path = join(dataDir, EVENT_LOG_FILE);
    return guarded(path, () => {
      const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
      try {
        if (metaValue(db, 'last_seq') < storedSeq) {
          throw unavailable(path, 'it is not the file that is written');
        }
        return new SqliteReader(db, path, upcast);
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  private constructor(db: DatabaseSync, path: string, upcast: Upcast) {
    this.#db = db;
    this.#path = path;
    const use: UseFile = (work) => guarded(path, () => work(db, path));
    this.events = new SqliteEventReader(use, upcast);
    this.checkpoints = new SqliteCheckpointReader(use);
  }

  close(): void {
    guarded(this.#path, () => this.#db.close());
  }
}
