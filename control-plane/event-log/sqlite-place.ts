/**
 * Whether files that are open are still the files at their places. A file that was deleted or moved can be written to as
 * before, and what is written vanishes with the process: only the directory tells.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { isCoded, lost, unavailable } from './sqlite-errors.js';

/** What a file is, whatever its name. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** The file at this place; `null`: there is none. */
export function identityOf(path: string): FileIdentity | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : { dev: stats.dev, ino: stats.ino };
}

export function isAt(path: string, file: FileIdentity | null): boolean {
  const there = identityOf(path);
  return there !== null && file !== null && there.ino === file.ino && there.dev === file.dev;
}

/** Throws EventLogError `lost` when another file, or none, is at the place of this one. */
export function checkPlace(path: string, file: FileIdentity | null): void {
  if (isAt(path, file)) return;
  throw lost(path, identityOf(path) === null ? 'it was deleted or moved away' : REPLACED);
}

export const REPLACED =
  'another file is at its place; restart to use that one, or move it away to have this one made anew';

/** Throws EventLogError `unavailable` for a directory that is read-only, even where files that are open can be written. */
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
