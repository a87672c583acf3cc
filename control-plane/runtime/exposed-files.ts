/**
 * Finds files that other users of the machine could read or replace and should not: the data directory, the key that signs
 * session cookies, and the key of the certificate. The log names them at the start. Tidegate does not change their modes,
 * because only the operator knows which users need them.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessSettings } from '../config/process-settings.js';

const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_OTHERS = 0o044;
const READABLE_BY_ALL = 0o004;

/** Returns one sentence per exposed file. */
export async function exposedFiles({
  dataDir,
  listen,
}: Pick<ProcessSettings, 'dataDir' | 'listen'>): Promise<readonly string[]> {
  const sessionKey = join(dataDir, 'session-key');
  const keyFile = listen.tls?.keyFile ?? null;
  const found = [
    (await hasMode(dataDir, WRITABLE_BY_OTHERS))
      ? `data_dir ${dataDir} can be written by other users of this machine, who could replace all that is in it; chmod 700 keeps them out`
      : null,
    (await hasMode(sessionKey, READABLE_BY_OTHERS | WRITABLE_BY_OTHERS))
      ? `the session key ${sessionKey} can be read by other users of this machine, who could sign session cookies; chmod 600 keeps it secret`
      : null,
    // A group that may read keys is common; access for all users is a mistake.
    keyFile !== null && (await hasMode(keyFile, READABLE_BY_ALL))
      ? `the key ${keyFile} can be read by every user of this machine; chmod 600 keeps it secret`
      : null,
  ];
  return found.filter((sentence) => sentence !== null);
}

async function hasMode(path: string, bits: number): Promise<boolean> {
  try {
    return ((await stat(path)).mode & bits) !== 0;
  } catch {
    // The code that needs the file reports why it cannot be read.
    return false;
  }
}
