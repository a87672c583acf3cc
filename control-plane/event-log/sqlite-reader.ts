/**
 * Reads the event log that another thread writes, over a connection of its own which cannot write. Opened for one
 * question, which costs less than a millisecond, so that a file made anew in the meantime is found.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TidegateEvent } from '../domain/events.js';
import type { ControlState } from '../domain/state.js';
import type { Upcast } from './codec.js';
import type { EventCount, EventQuery, HistoryLog } from './event-log.js';
import { guarded, unavailable } from './sqlite-errors.js';
import { EVENT_LOG_FILE } from './sqlite-file.js';
import { SqliteReads } from './sqlite-reads.js';
import { metaValue } from './sqlite-verify.js';

/** How long to wait while the writer makes the write-ahead log anew. */
const BUSY_MS = 1_000;

export class SqliteReader implements HistoryLog {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #reads: SqliteReads;

  /**
   * `storedSeq`: the last event that its writer has stored. Throws EventLogError, `unavailable` for a file that is not there
   * or does not reach so far.
   */
  static open(dataDir: string, storedSeq: number, upcast: Upcast): SqliteReader {
    const path = join(dataDir, EVENT_LOG_FILE);
    return guarded(path, () => {
      const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
      try {
        if (metaValue(db, 'last_seq') < storedSeq)
          throw unavailable(path, 'it is not the file that is written');
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
    this.#reads = new SqliteReads((work) => guarded(path, () => work(db, path)), upcast);
  }

  read(query: EventQuery): Promise<readonly TidegateEvent[]> {
    return this.#reads.read(query);
  }

  count(of: EventCount): Promise<number> {
    return this.#reads.count(of);
  }

  seqAt(at: number): Promise<number> {
    return this.#reads.seqAt(at);
  }

  checkpointBefore(seq: number): Promise<ControlState> {
    return this.#reads.checkpointBefore(seq);
  }

  close(): void {
    guarded(this.#path, () => this.#db.close());
  }
}
