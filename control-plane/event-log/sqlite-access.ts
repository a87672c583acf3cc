/** The access of event log, checkpoints and journal to the file that they share. */
import type { DatabaseSync } from 'node:sqlite';
import type { Upcast } from './codec.js';
import type { Appended, Batch } from './log-storage.js';
import type { ForgettingStep } from './sqlite-retention.js';
import type { SqliteWriter } from './sqlite-writer.js';

/**
 * Runs `work` on the file. Throws EventLogError. Each call may use another file, because the file may have been created
 * anew.
 */
export type UseFile = <T>(work: (db: DatabaseSync, path: string) => T) => T;

export interface SqliteAccess {
  readonly use: UseFile;
  readonly upcast: Upcast;
  readonly writer: () => SqliteWriter;
  /** Appends the batch in one transaction. */
  append(expectedSeq: number, batch: Batch): Promise<Appended>;
  /**
   * Runs the steps, each in its own transaction. The file is sound after each step, and other work of the process can run in
   * between.
   */
  forget(steps: (db: DatabaseSync) => Generator<ForgettingStep, void>): Promise<void>;
}
