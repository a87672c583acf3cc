/** Directories that are gone when their test file has run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A function that makes a new empty directory at each call. Call it at the top of a `describe`. */
export function useTempDirs(): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  return () => {
    const directory = mkdtempSync(join(tmpdir(), 'tidegate-test-'));
    made.push(directory);
    return directory;
  };
}
