/** Turns errors of SQLite and the file system into an EventLogError. Its sentence says what to do. */
import { EventLogError } from './event-log.js';

/** Primary result codes (sqlite.org/rescode.html) that concern the environment of the file and not its content. */
const SURROUNDINGS: Readonly<Record<number, string>> = {
  3: 'permission denied',
  8: 'it is read-only',
  10: 'the disk reports an I/O error, or is full',
  13: 'the disk is full',
  14: 'it cannot be opened',
  15: 'the locking protocol of its file system fails',
  22: 'it is too large for its file system',
};
const BUSY = 5;
const READ_ONLY = 8;
/** SQLITE_IOERR_SHORT_READ and SQLITE_IOERR_CORRUPTFS: I/O errors that mean a torn file. */
const TORN: readonly number[] = [522, 8458];

/** Runs `work`. Errors of SQLite or the file system become an EventLogError about `path`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asEventLogError(path, error);
  }
}

/** The error for a file that is not a sound event log. Nothing is emptied or repaired without the operator. */
export function corrupt(path: string, detail: string, cause?: unknown): EventLogError {
  return new EventLogError(
    'corrupt',
    `The event log ${path} is damaged: ${detail}. Nothing was changed. Restore it from a backup; or move ${path} ` +
      `and ${path}-wal aside and start again to begin an empty log: the last configuration file will be applied, ` +
      `weights and states set at run time and all history are lost.`,
    { cause },
  );
}

export function inUse(dataDir: string): EventLogError {
  return new EventLogError(
    'in-use',
    `Another Tidegate process is using data_dir ${dataDir}. Stop it first, or give this one a data_dir of its own.`,
  );
}

export function unavailable(path: string, detail: string, cause?: unknown): EventLogError {
  return new EventLogError('unavailable', `The event log ${path} cannot be used: ${detail}.`, { cause });
}

/** The error for an open file that is no longer at its path. */
export function lost(path: string, detail: string): EventLogError {
  return new EventLogError('lost', `The event log ${path} is lost: ${detail}.`);
}

function asEventLogError(path: string, error: unknown): unknown {
  if (error instanceof EventLogError) {
    return error.kind === 'corrupt' && !error.message.includes(path)
      ? corrupt(path, error.message, error)
      : error;
  }
  if (!isCoded(error)) return error;
  if (error.code === 'ERR_SQLITE_ERROR') return fromSqlite(path, error);
  // A stored number is out of range, so another program wrote the column.
  if (error.code === 'ERR_OUT_OF_RANGE') return corrupt(path, error.message, error);
  return error.syscall === undefined ? error : unavailable(path, error.message, error);
}

function fromSqlite(path: string, error: CodedError): EventLogError {
  const code = error.errcode ?? 0;
  if (TORN.includes(code)) return corrupt(path, error.message, error);
  if ((code & 0xff) === BUSY) {
    return new EventLogError('in-use', `Another process has the event log ${path} open. Stop it first.`, {
      cause: error,
    });
  }
  const detail = SURROUNDINGS[code & 0xff];
  return detail === undefined ? corrupt(path, error.message, error) : unavailable(path, detail, error);
}

/** Whether SQLite refused to write because of the state of the file. */
export function isReadOnly(error: unknown): boolean {
  return isCoded(error) && ((error.errcode ?? 0) & 0xff) === READ_ONLY;
}

interface CodedError extends Error {
  readonly code: string;
  readonly errcode?: number;
  readonly syscall?: string;
}

/**
 * Recognises an error by its code instead of its class, because errors of Node's own modules may come from another realm.
 */
export function isCoded(error: unknown): error is CodedError {
  return error !== null && typeof error === 'object' && 'code' in error && typeof error.code === 'string';
}
