/** Identifies a worker. Workers of different hosts may have the same number. */
import { object, text, type TypeOf } from '#shared/shape.js';
import { count } from '#shared/shape-settings.js';

/** The longest host name that is accepted, in characters. */
const MAX_HOST_NAME = 255;

export const workerId = object({
  /** Name of the worker's host. Empty in records of the first release, which knew only one host. */
  host: text(MAX_HOST_NAME),
  /** Number of the worker on its host, unique since the primary of that host started. */
  n: count,
});

export interface WorkerId extends TypeOf<typeof workerId> {}

export function sameWorker(a: WorkerId, b: WorkerId): boolean {
  return a.n === b.n && a.host === b.host;
}
