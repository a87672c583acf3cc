/**
 * Which fleet the history in a data directory is of. Without it, a host whose volume is of another fleet would bring that
 * fleet's configuration into its own.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#shared/error-text.js';
import type { Logger } from '#shared/ports.js';
import { readSmallFile } from './config/read-file.js';
import { StartFailure } from './start-failure.js';

const FILE = 'fleet-name';
const MAX_FILE_BYTES = 1_024;

/** Rejects with StartFailure if the directory has the history of a fleet with another name. */
export async function refuseOtherFleet(dataDir: string, name: string): Promise<void> {
  const path = join(dataDir, FILE);
  const read = await readSmallFile(path, MAX_FILE_BYTES);
  const kept = read.ok ? read.content.toString('utf8').trim() : '';
  if (kept === '' || kept === name) return;
  throw new StartFailure(
    `data_dir: ${dataDir} has the history of the fleet ${kept}, and cluster.name is ${name}. Give each fleet a data_dir of its own, or remove ${path} if the fleet has a new name`,
    { needsChange: true },
  );
}

/** To be called once the host follows its fleet: from then on its history is that of the fleet. */
export async function rememberFleet(dataDir: string, name: string, logger: Logger): Promise<void> {
  const path = join(dataDir, FILE);
  try {
    await writeFile(path, `${name}\n`, { mode: 0o600 });
  } catch (error) {
    const reason = messageOf(error);
    logger.warn({ path, reason }, 'the name of the fleet could not be kept in the data directory');
  }
}
