/**
 * The secret of a fleet without one in its configuration. The first host makes one, and the store gives it to the others.
 * Each host keeps a copy in its data directory. With the copy, it accepts the cookies of other hosts while the store is
 * gone, and can restore the secret in the store.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '#shared/error-text.js';
import type { Logger, Timers } from '#shared/ports.js';
import { readSmallFile } from './config/read-file.js';
import type { FleetStore } from './fleet/fleet-store.js';
import { writeSecretFile } from './runtime/secret-file.js';

const FILE = 'fleet-secret';
const SECRET_BYTES = 32;
/** 32 bytes in base64url. */
const FORM = /^[A-Za-z0-9_-]{43}$/;
const MAX_FILE_BYTES = 1_024;
/** How long a start waits for the store, and the pause between attempts, in milliseconds. */
const WAIT_MS = 2_000;
const RETRY_MS = 100;

interface FleetSecretDeps {
  readonly store: Pick<FleetStore, 'shareSecret'>;
  readonly dataDir: string;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Returns `null` if the store cannot be asked and this host never knew the secret. The host then uses its own keys until its
 * next start.
 */
export async function fleetSecret({
  store,
  dataDir,
  timers,
  logger,
}: FleetSecretDeps): Promise<string | null> {
  const path = join(dataDir, FILE);
  const kept = await readKept(path);
  const offered = kept ?? randomBytes(SECRET_BYTES).toString('base64url');
  for (let waitedMs = 0; waitedMs <= WAIT_MS; waitedMs += RETRY_MS) {
    const found = await store.shareSecret(offered);
    if (found.kind === 'unavailable') {
      await new Promise<void>((resolve) => void timers.after(RETRY_MS, resolve));
      continue;
    }
    if (!FORM.test(found.value)) {
      logger.error({}, 'the secret of the fleet in Redis is not one: this host goes on with what it has');
      return kept;
    }
    if (found.value !== kept) await keep(path, found.value, logger);
    return found.value;
  }
  if (kept === null) {
    logger.warn({}, 'the secret of the fleet is not known: sticky sessions of other hosts are not taken');
  }
  return kept;
}

async function readKept(path: string): Promise<string | null> {
  const read = await readSmallFile(path, MAX_FILE_BYTES);
  const text = read.ok ? read.content.toString('latin1').trim() : '';
  return FORM.test(text) ? text : null;
}

async function keep(path: string, secret: string, logger: Logger): Promise<void> {
  try {
    // At a first start, nobody has made the directory yet.
    await mkdir(dirname(path), { mode: 0o700, recursive: true });
    await writeSecretFile(path, secret);
  } catch (error) {
    logger.warn(
      { path, reason: messageOf(error) },
      'the secret of the fleet could not be kept in the data directory',
    );
  }
}
