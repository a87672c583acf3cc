/** Which worker it was: workers of different hosts may have the same number. */
import { object, text, type TypeOf } from '#shared/shape.js';
import { count } from '#shared/shape-settings.js';

/** Longest name of a host that is read. */
const MAX_HOST_NAME = 255;

export const workerId = object({
  /** Name of its host. Empty: it was not kept, because there was no other. */
  host: text(MAX_HOST_NAME),
  /** Its number on that host, which no other worker has had since the primary there started. */
  n: count,
});

export interface WorkerId extends TypeOf<typeof workerId> {}

export function sameWorker(a: WorkerId, b: WorkerId): boolean {
  return a.n === b.n && a.host === b.host;
}
