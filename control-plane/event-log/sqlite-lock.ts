/**
 * The lock of a data directory: an SQLite transaction on a file of its own, which the kernel drops with the process,
 * however that ends. Holds for every process that sees the same files; who only knows the same name is kept out by the
 * claim (`directory-claim.ts`).
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

  /** Locks the file that is at the place now, made anew if need be. Throws as the constructor does. */
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
    // The journal in memory: the lock is never written, and no file is left beside it.
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
 * Makes an empty file that only its owner may read. An existing file is not opened: closing it would drop a lock that
 * this process holds on it (fcntl(2)).
 */
export function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isCoded(error) || error.code !== 'EEXIST') throw error;
  }
}
