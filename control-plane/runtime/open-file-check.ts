/** Checks once, at the start, whether workers may open as many files as the configuration allows them to need. */
import { openFileLimit } from '#shared/platform/open-files.js';
import type { Logger } from '#shared/ports.js';

/** Files that a worker opens besides connections: the channel to the primary, the listener, files of Node, a log. */
const BESIDES = 64;

/** Counts two files per client connection, because each may need a connection to a backend. */
function openFilesNeeded(connectionsPerWorker: number): number {
  return 2 * connectionsPerWorker + BESIDES;
}

/** Warns if the limit of open files is too low. Workers inherit the limit of this process. */
export function warnOfFewOpenFiles(connectionsPerWorker: number, logger: Logger): void {
  const limit = openFileLimit();
  const needed = openFilesNeeded(connectionsPerWorker);
  if (limit === null || limit >= needed) return;
  logger.warn(
    { limit, needed, connectionsPerWorker },
    'the limit of open files (ulimit -n) is lower than limits.connections_per_worker needs: new connections are refused earlier',
  );
}
