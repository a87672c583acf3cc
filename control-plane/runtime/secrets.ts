/**
 * The key that signs session cookies. Kept in the data directory, readable by its owner only, so that cookies stay
 * valid over restarts; made at the first start.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionSigningKey } from '#shared/message.js';

const FILE = 'session-key';
const KEY_BYTES = 32;
/** Length of the key's name in cookies, in bytes before base64url. */
const KID_BYTES = 3;

/** Reads the key or makes one. Throws with one clear sentence when the file is there but is not a key. */
export function sessionSigningKeys(dataDir: string): readonly SessionSigningKey[] {
  const path = join(dataDir, FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    text = `${randomBytes(KID_BYTES).toString('base64url')} ${randomBytes(KEY_BYTES).toString('base64url')}`;
    writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' });
  }
  const [kid, encoded] = text.split(' ');
  const secret = Buffer.from(encoded ?? '', 'base64url');
  if (kid === undefined || kid === '' || secret.length !== KEY_BYTES) {
    throw new Error(
      `${path} is not a session key; delete it to have a new one made (sticky sessions then start anew)`,
    );
  }
  return [{ kid, secret }];
}
