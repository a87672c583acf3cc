/**
 * Reads the event log that another thread writes, over a connection of its own which cannot write. Opened for one
 * question, which costs less than a millisecond, so that a file made anew in the meantime is found.
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

/** How long to wait while the writer makes the write-ahead log anew. */
const BUSY_MS = 1_000;

export class SqliteReader implements HistoryLog {
  readonly events: SqliteEventReader;
  readonly checkpoints: SqliteCheckpointReader;
  readonly #db: DatabaseSync;
  readonly #path: string;

  /**
   * `storedSeq`: the last event that its writer has stored. Throws EventLogError, `unavailable` for a file that is not there
   * or does not reach so far.
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
