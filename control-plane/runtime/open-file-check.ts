/** Whether workers may open as many files as the configuration lets them need. Told once, at the start. */
import { openFileLimit } from '#shared/platform/open-files.js';
import type { Logger } from '#shared/ports.js';

/** What a worker has open besides connections: its channel, the listener, what Node needs, a log. */
const BESIDES = 64;

/** Each client connection may need one to a backend. */
function openFilesNeeded(connectionsPerWorker: number): number {
  return 2 * connectionsPerWorker + BESIDES;
}

/** Workers have the limit of this process. */
export function warnOfFewOpenFiles(connectionsPerWorker: number, logger: Logger): void {
  const limit = openFileLimit();
  const needed = openFilesNeeded(connectionsPerWorker);
  if (limit === null || limit >= needed) return;
  logger.warn(
    { limit, needed, connectionsPerWorker },
    'the limit of open files (ulimit -n) is lower than limits.connections_per_worker needs: new connections are refused earlier',
  );
}
