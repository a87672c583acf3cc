/**
 * Provides the keys of session cookies. The host's own key is made at the first start and kept in the data directory, so
 * that cookies stay valid over restarts; only its owner can read the file. If hosts share a secret, the key derived from
 * that secret signs instead. The own key, if there is one, then only verifies the cookies that it signed before.
 */
import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionSigningKey } from '#shared/message.js';
import type { Logger } from '#shared/ports.js';
import { messageOf } from '#shared/error-text.js';
import { readSmallFile } from '../config/read-file.js';
import { writeSecretFile } from './secret-file.js';
import { KID_BYTES, sharedSigningKey } from './shared-keys.js';
import { StartFailure } from '../start-failure.js';

const FILE = 'session-key';
const KEY_BYTES = 32;
/** A larger file cannot be a key. */
const MAX_FILE_BYTES = 1_024;
/** The name of the key and the key itself, both in base64url. 32 bytes are 43 characters. */
const KEY_LINE = /^([A-Za-z0-9_-]{1,16}) ([A-Za-z0-9_-]{43})$/;

/** The first key signs, and all keys verify. */
export interface SigningKeys {
  readonly all: readonly SessionSigningKey[];
  /** The key in the data directory; `null` if there is none and none is needed. */
  readonly own: SessionSigningKey | null;
}

/**
 * Reads the own key, or makes one if hosts share no secret. Throws StartFailure if the file holds no key, cannot be read or
 * cannot be written.
 */
export async function sessionSigningKeys(dataDir: string, secret: string | null): Promise<SigningKeys> {
  const path = join(dataDir, FILE);
  const isThere = await exists(path);
  if (secret === null) {
    const own = keyIn(path, isThere ? await readKey(path) : await makeKey(path));
    return { all: [own], own };
  }
  const shared = sharedSigningKey(secret);
  const own = isThere ? keyIn(path, await readKey(path)) : null;
  return { all: own === null ? [shared] : [shared, own], own };
}

function keyIn(path: string, line: string): SessionSigningKey {
  const [, kid, encoded] = KEY_LINE.exec(line) ?? [];
  if (kid === undefined || encoded === undefined) {
    throw new StartFailure(
      `${path} is not a session key; delete it to have a new one made (sticky sessions then start anew)`,
    );
  }
  return { kid, secret: Buffer.from(encoded, 'base64url') };
}

/**
 * Restores a key file that was deleted together with its directory. Without the file, sticky sessions would end with this
 * process.
 */
export async function restoreSessionKey(
  dataDir: string,
  { own }: SigningKeys,
  logger: Logger,
): Promise<void> {
  const path = join(dataDir, FILE);
  try {
    if (own !== null && !(await exists(path))) await writeKey(path, lineOf(own));
  } catch (error) {
    logger.error(
      { path, err: error },
      'session key not put back: sticky sessions will end with this process',
    );
  }
}

function lineOf({ kid, secret }: SessionSigningKey): string {
  return `${kid} ${Buffer.from(secret).toString('base64url')}`;
}

/** A dangling link counts as existing, because somebody put it there and expects it to lead to a key. */
async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw failure(path, error);
  }
}

async function readKey(path: string): Promise<string> {
  const read = await readSmallFile(path, MAX_FILE_BYTES);
  if (!read.ok) throw new StartFailure(`the session key ${path} cannot be read: ${read.message}`);
  return read.content.toString('latin1').trim();
}

async function makeKey(path: string): Promise<string> {
  const line = lineOf({
    kid: randomBytes(KID_BYTES).toString('base64url'),
    secret: randomBytes(KEY_BYTES),
  });
  await writeKey(path, line);
  return line;
}

async function writeKey(path: string, line: string): Promise<void> {
  try {
    await writeSecretFile(path, line);
  } catch (error) {
    throw failure(path, error);
  }
}

function failure(path: string, error: unknown): StartFailure {
  const reason = messageOf(error);
  return new StartFailure(`the session key ${path} cannot be made: ${reason}`, { cause: error });
}
