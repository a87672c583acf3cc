/**
 * A worker's part of a backend's connection limit. Workers do not talk to each other, so each has an equal whole part. Where
 * the limit does not divide evenly, the first workers have one more. The sum is the limit, whatever each worker does. Only a
 * limit below the number of workers is exceeded, because a worker without any part could not serve at all.
 */
import { NO_LIMIT } from './backend-load.js';

/** Who has a part. */
export interface Sharer {
  readonly workers: number;
  /** Its index among the workers, from 0. */
  readonly index?: number | undefined;
}

/** @param limit attempts in flight of all workers together; `undefined`: any number */
export function shareOf(limit: number | undefined, { workers, index }: Sharer): number {
  if (limit === undefined) return NO_LIMIT;
  const count = Math.max(1, workers);
  const rest = index !== undefined && index < limit % count ? 1 : 0;
  return Math.min(NO_LIMIT, Math.max(1, Math.floor(limit / count) + rest));
}
