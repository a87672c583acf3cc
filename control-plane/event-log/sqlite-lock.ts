/**
 * The lock of a data directory: an open SQLite transaction on a file in it. The kernel drops the lock when the process ends,
 * for whatever reason. The lock excludes every process that sees the same files. A process that sees only the same path is
 * excluded by the claim (`directory-claim.ts`).
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EventLogError } from './event-log.js';
import { guarded, inUse, isCoded, unavailable } from './sqlite-errors.js';
import { type FileIdentity, identityOf, isAt } from './sqlite-place.js';

const LOCK_FILE = 'lock';

export class DirectoryLock {
  readonly #dataDir: string;
  readonly #path: string;
  #lock: DatabaseSync;
  #file: FileIdentity | null;

  /** Throws EventLogError: `in-use` or `unavailable`. */
  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#path = join(dataDir, LOCK_FILE);
    this.#lock = takeLock(dataDir, this.#path);
    this.#file = identityOf(this.#path);
  }

  /** Locks the file that is at the path now, and creates it if needed. Throws as the constructor does. */
  ensure(): void {
    if (isAt(this.#path, this.#file)) return;
    const lock = takeLock(this.#dataDir, this.#path);
    this.#lock.close();
    this.#lock = lock;
    this.#file = identityOf(this.#path);
  }

  release(): void {
    this.#lock.close();
  }
}

function takeLock(dataDir: string, path: string): DatabaseSync {
  createPrivate(path);
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    // The journal is kept in memory, because the lock file is never written. Thus no journal file appears next to it.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const failure = guardedError(path, error);
    if (failure instanceof EventLogError && failure.kind === 'in-use') throw inUse(dataDir);
    if (failure instanceof EventLogError && failure.kind === 'corrupt') {
      throw unavailable(path, 'it should be an empty file; remove it and start again', error);
    }
    throw failure;
  }
}

function guardedError(path: string, error: unknown): unknown {
  try {
    return guarded(path, () => {
      throw error;
    });
  } catch (failure) {
    return failure;
  }
}

/**
 * Creates an empty file that only its owner may read. An existing file is not opened, because closing it would drop the lock
 * that this process may hold on it (fcntl(2)).
 */
export function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isCoded(error) || error.code !== 'EEXIST') throw error;
  }
}
