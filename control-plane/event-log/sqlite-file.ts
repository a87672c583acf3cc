/**
 * Opens the event log's file: takes the lock of its directory, creates what is missing, and verifies what is there
 * before anything is written. A file that does not verify is left exactly as it was found.
 *
 * The lock is an SQLite transaction on a file of its own: the kernel drops it with the process, however that ends, and
 * the event log's file may then be inspected without a race. A new log is built beside its place and renamed when
 * complete, so a log without tables is damage and never a beginning.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { assert } from '#shared/assert.js';
import type { Upcast } from './codec.js';
import { EventLogError } from './event-log.js';
import { APPLICATION_ID, TABLES_VERSION, migrate, tablesVersion } from './migrations.js';
import { corrupt, guarded, inUse, isCoded, unavailable } from './sqlite-errors.js';
import { metaValue, verifyContents } from './sqlite-verify.js';
import { findWalDamage } from './wal-scan.js';

/** Name of the event log within `data_dir`. */
export const EVENT_LOG_FILE = 'events.db';
const LOCK_FILE = 'lock';
/** Smallest page of an SQLite file, in bytes. */
const LEAST_BYTES = 512;
/** Up to this size, in bytes, indexes are checked against their tables at start; beyond, tables alone. */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

/** Up to this many bytes in use, a file that cannot shrink is rewritten at start: some 300 ms. */
const REWRITTEN_BYTES = 64 * 1024 * 1024;

/** A write-ahead log that grew beyond this size, in bytes, is cut back to it once its pages are in the file. */
const KEPT_WAL_BYTES = 16 * 1024 * 1024;

export interface OpenFile {
  readonly path: string;
  readonly db: DatabaseSync;
  /** Closes the file, then gives up the lock. */
  close(): void;
}

/** Throws EventLogError: `in-use`, `corrupt`, `too-new` or `unavailable`. */
export function openFile(dataDir: string, upcast: Upcast): OpenFile {
  const path = join(dataDir, EVENT_LOG_FILE);
  return guarded(path, () => {
    prepareDirectory(dataDir);
    const lock = takeLock(dataDir);
    try {
      if (!existsSync(path)) create(dataDir, path);
      verify(path, upcast);
      const db = openForWriting(path, upcast);
      return { path, db, close: () => closeBoth(db, lock) };
    } catch (error) {
      lock.close();
      throw error;
    }
  });
}

function prepareDirectory(dataDir: string): void {
  if (!existsSync(dataDir)) mkdirSync(dataDir, { mode: 0o700 });
  if (!statSync(dataDir).isDirectory()) throw unavailable(dataDir, 'data_dir is not a directory');
  accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
}

function takeLock(dataDir: string): DatabaseSync {
  const path = join(dataDir, LOCK_FILE);
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

/** An existing file is not opened: closing it would drop a lock that this process holds on it (fcntl(2)). */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isCoded(error) || error.code !== 'EEXIST') throw error;
  }
}

function create(dataDir: string, path: string): void {
  if (bytesOf(`${path}-wal`) > 0) {
    throw corrupt(path, 'its write-ahead log is there but the file itself is missing');
  }
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  rmSync(`${unfinished}-journal`, { force: true });
  createPrivate(unfinished);
  const db = new DatabaseSync(unfinished);
  try {
    // Before there is a table: what retention forgets is given back to the file system.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL');
    migrate(db);
    db.exec('PRAGMA journal_mode = WAL');
  } finally {
    db.close();
  }
  renameSync(unfinished, path);
  const directory = openSync(dataDir, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** Looks at the file without changing it: opened read-only, SQLite neither checkpoints nor removes its WAL. */
function verify(path: string, upcast: Upcast): void {
  accessSync(path, constants.R_OK | constants.W_OK);
  if (bytesOf(path) === 0) throw corrupt(path, 'the file is empty');
  // SQLite takes a file this small for a new one and removes the write-ahead log beside it.
  if (bytesOf(path) < LEAST_BYTES) throw corrupt(path, 'the file is cut short');
  const walPath = `${path}-wal`;
  const walDamage = bytesOf(walPath) > 0 ? findWalDamage(readFileSync(walPath)) : null;
  if (walDamage !== null) throw corrupt(path, walDamage);
  rmSync(`${path}-shm`, { force: true });
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    verifyHeader(db, path);
    const check = bytesOf(path) <= FULL_CHECK_BYTES ? 'integrity_check' : 'quick_check';
    const verdict = db.prepare(`PRAGMA ${check}(1)`).get();
    if (verdict?.[check] !== 'ok') throw corrupt(path, String(verdict?.[check]));
    if (tablesVersion(db) === TABLES_VERSION) verifyContents(db, path, upcast);
  } finally {
    db.close();
    rmSync(`${path}-shm`, { force: true });
  }
}

function verifyHeader(db: DatabaseSync, path: string): void {
  if (Number(db.prepare('PRAGMA application_id').get()?.['application_id']) !== APPLICATION_ID) {
    throw corrupt(path, 'it is a database, but not an event log of Tidegate');
  }
  const version = tablesVersion(db);
  if (version !== metaValue(db, 'schema_version')) throw corrupt(path, 'its header is not its own');
  if (version > TABLES_VERSION) migrate(db);
  if (db.prepare('PRAGMA journal_mode').get()?.['journal_mode'] !== 'wal') {
    throw corrupt(path, 'its header is not its own');
  }
}

function openForWriting(path: string, upcast: Upcast): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    // Not locked against readers: questions about history are answered over a connection of their own. Other writers
    // are kept out by the lock of the directory, and found by `append` if they do not heed it.
    db.exec('PRAGMA locking_mode = NORMAL; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL');
    db.exec(`PRAGMA journal_size_limit = ${KEPT_WAL_BYTES}`);
    const older = tablesVersion(db) < TABLES_VERSION;
    migrate(db);
    if (older) verifyContents(db, path, upcast);
    makeShrinkable(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * A file of an earlier build never gives pages back. It is rewritten so that it does, unless there is so much in it that
 * the start would take long: then pages that become free are only used again.
 */
function makeShrinkable(db: DatabaseSync): void {
  const pragma = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
  if (pragma('auto_vacuum') !== 0) return;
  const live = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  if (live > REWRITTEN_BYTES) return;
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
}

function closeBoth(db: DatabaseSync, lock: DatabaseSync): void {
  assert(!db.isTransaction, 'closed within a transaction');
  db.close();
  lock.close();
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
