/**
 * What happens after an exception in the middle of a request. The request is lost, and its connection cannot be trusted; all
 * others go on. Elsewhere a bug ends the process, but not here, because input from outside leads to it: a client that found
 * such a request could end all connections of a worker, again and again.
 */
import type { ForwarderDeps } from './forwarder.js';

export function bugReporter({ logger, series }: ForwarderDeps): (error: unknown) => void {
  return (error) => {
    series.counters.add(series.internalErrors, 1);
    logger.error(
      { error: error instanceof Error ? error.stack : String(error) },
      'exception where none should be',
    );
  };
}
