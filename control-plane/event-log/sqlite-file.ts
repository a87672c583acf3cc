/**
 * Opens the file of the event log. It takes the lock of the directory, creates what is missing, and verifies what exists
 * before it writes anything; the lock excludes races. A file that fails verification is left exactly as it was. A new log is
 * built under another name and renamed when it is complete. Therefore a log without tables is always damage and never a
 * beginning.
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
import { DirectoryLock, createPrivate } from './sqlite-lock.js';
import { APPLICATION_ID, MIGRATIONS, TABLES_VERSION, migrate, tablesVersion } from './migrations.js';
import { corrupt, guarded, isReadOnly, lost, unavailable } from './sqlite-errors.js';
import { type FileIdentity, REPLACED, checkPlace, checkWritable, identityOf, isAt } from './sqlite-place.js';
import { metaValue, verifyContents } from './sqlite-verify.js';
import { findWalDamage } from './wal-scan.js';

/** Name of the event log in `data_dir`. */
export const EVENT_LOG_FILE = 'events.db';
/** Smallest page of an SQLite file, in bytes. */
const LEAST_BYTES = 512;
/** Up to this size in bytes, the start checks indexes against their tables. In larger files it checks only the tables. */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

/** A file that cannot shrink is rewritten at the start if it uses at most this many bytes. That takes about 300 ms. */
const REWRITTEN_BYTES = 64 * 1024 * 1024;

/** A write-ahead log larger than this (bytes) is truncated to this size once its pages are in the file. */
const KEPT_WAL_BYTES = 16 * 1024 * 1024;

/** Writes the first content of a new file, after its tables exist. */
type Filling = (db: DatabaseSync) => void;

/** Throws EventLogError: `in-use`, `corrupt`, `too-new` or `unavailable`. */
export function openFile(dataDir: string, upcast: Upcast): LogFile {
  const path = join(dataDir, EVENT_LOG_FILE);
  return guarded(path, () => {
    prepareDirectory(dataDir);
    const lock = new DirectoryLock(dataDir);
    try {
      if (!existsSync(path)) create(dataDir, path, () => undefined);
      verify(path, upcast);
      return new LogFile(dataDir, lock, openForWriting(path, upcast));
    } catch (error) {
      lock.release();
      throw error;
    }
  });
}

/** The open file, with the lock of its directory. */
export class LogFile {
  readonly path: string;
  readonly #dataDir: string;
  readonly #lock: DirectoryLock;
  #db: DatabaseSync | null;
  #main: FileIdentity | null;
  /** Identities of the write-ahead log and its index. */
  #beside: readonly (FileIdentity | null)[];

  constructor(dataDir: string, lock: DirectoryLock, db: DatabaseSync) {
    this.path = join(dataDir, EVENT_LOG_FILE);
    this.#dataDir = dataDir;
    this.#lock = lock;
    this.#db = db;
    this.#main = identityOf(this.path);
    this.#beside = this.#identitiesBeside();
  }

  /** Throws EventLogError `lost` if no file is open, because the last attempt to create one anew failed half-way. */
  get db(): DatabaseSync {
    if (this.#db === null) throw lost(this.path, 'it could not be made anew so far');
    return this.#db;
  }

  /** Checks that a write now would outlive the process and be found by the next one. Throws `lost` or `unavailable`. */
  checkPlace(): void {
    checkPlace(this.path, this.#main);
    checkWritable(this.#dataDir);
    if (!this.#besidePaths.every((path, index) => isAt(path, this.#beside[index] ?? null))) this.#renewWal();
  }

  /** Checks the same as `checkPlace`, and that this process still holds the lock. Also throws `in-use`. */
  check(): void {
    this.checkPlace();
    this.#lock.ensure();
  }

  /**
   * Creates the file anew at its path, with the content that `fill` writes. The old file stays open until the new one is
   * complete. A file of another program is never touched.
   */
  renew(fill: Filling, upcast: Upcast): void {
    if (this.#db === null && isAt(this.path, this.#main)) rmSync(this.path); // A failed attempt has left it.
    if (existsSync(this.path)) throw lost(this.path, REPLACED);
    prepareDirectory(this.#dataDir);
    this.#lock.ensure();
    this.#besidePaths.forEach((path, index) => {
      if (isAt(path, this.#beside[index] ?? null)) rmSync(path);
    });
    build(this.path, fill);
    // The old file must be closed before the new one is in place. When SQLite closes a file, it removes the write-ahead log
    // by its name, and that name would belong to the new file.
    this.#db?.close();
    this.#db = null;
    place(this.#dataDir, this.path);
    this.#main = identityOf(this.path);
    this.#db = openForWriting(this.path, upcast);
    this.#beside = this.#identitiesBeside();
  }

  /** Closes the file, then releases the lock. */
  close(): void {
    assert(this.#db?.isTransaction !== true, 'closed within a transaction');
    this.#db?.close();
    this.#lock.release();
  }

  get #besidePaths(): readonly string[] {
    return [`${this.path}-wal`, `${this.path}-shm`];
  }

  #identitiesBeside(): readonly (FileIdentity | null)[] {
    return this.#besidePaths.map((path) => identityOf(path));
  }

  /**
   * Repairs the state after only the write-ahead log or its index was deleted: moves the content of the write-ahead log into
   * the file and begins a new one.
   */
  #renewWal(): void {
    const { db } = this;
    db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL');
    proveWritable(db);
    this.#beside = this.#identitiesBeside();
  }
}

function prepareDirectory(dataDir: string): void {
  if (!existsSync(dataDir)) mkdirSync(dataDir, { mode: 0o700 });
  if (!statSync(dataDir).isDirectory()) throw unavailable(dataDir, 'data_dir is not a directory');
  accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
}

function create(dataDir: string, path: string, fill: Filling): void {
  build(path, fill);
  place(dataDir, path);
}

/** Builds a complete file next to its final path. */
function build(path: string, fill: Filling): void {
  if (bytesOf(`${path}-wal`) > 0) {
    throw corrupt(path, 'its write-ahead log is there but the file itself is missing');
  }
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  rmSync(`${unfinished}-journal`, { force: true });
  createPrivate(unfinished);
  const db = new DatabaseSync(unfinished);
  try {
    // To be set before the first table exists. It lets retention return free pages to the file system.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL');
    migrate(db);
    fill(db);
    db.exec('PRAGMA journal_mode = WAL');
  } finally {
    db.close();
  }
}

function place(dataDir: string, path: string): void {
  renameSync(`${path}.new`, path);
  const directory = openSync(dataDir, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/**
 * Verifies the file without changing it. SQLite neither checkpoints nor removes the write-ahead log of a file that is opened
 * read-only.
 */
function verify(path: string, upcast: Upcast): void {
  accessSync(path, constants.R_OK | constants.W_OK);
  if (bytesOf(path) === 0) throw corrupt(path, 'the file is empty');
  // SQLite treats a file this small as new and removes the write-ahead log next to it.
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
    // Readers are not locked out, because questions about history use their own connection. The lock of the directory keeps
    // out other writers, and `append` detects those that ignore the lock.
    db.exec('PRAGMA locking_mode = NORMAL; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL');
    db.exec(`PRAGMA journal_size_limit = ${KEPT_WAL_BYTES}`);
    migrate(db, MIGRATIONS, () => verifyContents(db, path, upcast));
    makeShrinkable(db);
    proveWritable(db);
    return db;
  } catch (error) {
    db.close();
    // The file system permits writing, so the header of the file forbids it.
    if (isReadOnly(error)) throw corrupt(path, 'its header is not its own', error);
    throw error;
  }
}

/**
 * Rewrites a file of an earlier build, because such a file never returns free pages to the file system. A large file is not
 * rewritten, because the start would take too long; it only reuses its free pages.
 */
function makeShrinkable(db: DatabaseSync): void {
  const pragma = (name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
  if (pragma('auto_vacuum') !== 0) return;
  const live = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  if (live > REWRITTEN_BYTES) return;
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
}

/** Writes a few bytes, because only a write proves that the log can be written. It also creates the write-ahead log. */
export function proveWritable(db: DatabaseSync): void {
  db.exec("INSERT INTO meta VALUES ('proofs', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1");
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
