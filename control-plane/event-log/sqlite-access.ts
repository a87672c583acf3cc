/** How the event log, the checkpoints and the journal use the file that they share. */
import type { DatabaseSync } from 'node:sqlite';
import type { Upcast } from './codec.js';
import type { Appended, Batch } from './log-storage.js';
import type { ForgettingStep } from './sqlite-retention.js';
import type { SqliteWriter } from './sqlite-writer.js';

/** Runs `work` on the file, or fails with EventLogError. The file may be another one each time. */
export type UseFile = <T>(work: (db: DatabaseSync, path: string) => T) => T;

export interface SqliteAccess {
  readonly use: UseFile;
  readonly upcast: Upcast;
  readonly writer: () => SqliteWriter;
  /** In one transaction. */
  append(expectedSeq: number, batch: Batch): Promise<Appended>;
  /** In steps, each in a transaction of its own after which the file is sound, between which the process goes on. */
  forget(steps: (db: DatabaseSync) => Generator<ForgettingStep, void>): Promise<void>;
}
