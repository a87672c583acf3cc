/**
 * What becomes of an exception in the middle of a request. The request is lost, and a connection of its own cannot be trusted; all
 * others go on. Elsewhere a bug ends the process; not here, where what came from outside leads to it: whoever found
 * such a request would have a switch that ends all connections of a worker, again and again.
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
