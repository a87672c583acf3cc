/**
 * A worker's part of a backend's connection limit. Workers do not talk to each other, so each has an equal whole part, and
 * the sum stays within the limit whatever each of them does. Only a limit below the number of workers is exceeded: a
 * worker without any part could not serve at all.
 */
import { NO_LIMIT } from './backend-load.js';

/** @param limit attempts in flight of all workers together; `undefined`: any number */
export function shareOf(limit: number | undefined, workers: number): number {
  if (limit === undefined) return NO_LIMIT;
  return Math.min(NO_LIMIT, Math.max(1, Math.floor(limit / Math.max(1, workers))));
}
