/**
 * Checks whether open files are still at their paths. A deleted or moved file can still be written, but the data vanishes
 * with the process. Only the directory shows that.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { isCoded, lost, unavailable } from './sqlite-errors.js';

/** Identifies a file independently of its name. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** The file at this path; `null` if there is none. */
export function identityOf(path: string): FileIdentity | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : { dev: stats.dev, ino: stats.ino };
}

export function isAt(path: string, file: FileIdentity | null): boolean {
  const there = identityOf(path);
  return there !== null && file !== null && there.ino === file.ino && there.dev === file.dev;
}

/** Throws EventLogError `lost` if another file or none is at the path. */
export function checkPlace(path: string, file: FileIdentity | null): void {
  if (isAt(path, file)) return;
  throw lost(path, identityOf(path) === null ? 'it was deleted or moved away' : REPLACED);
}

export const REPLACED =
  'another file is at its place; restart to use that one, or move it away to have this one made anew';

/** Throws EventLogError `unavailable` if the directory is read-only, even if open files in it can still be written. */
export function checkWritable(dataDir: string): void {
  try {
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const readOnly = isCoded(error) && error.code === 'EROFS';
    throw unavailable(
      dataDir,
      readOnly ? 'its file system is read-only' : 'data_dir may not be written to',
      error,
    );
  }
}
