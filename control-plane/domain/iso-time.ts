/** Times for people and programs. The one place of pure code that knows `Date`, which is pure as long as it is given a time. */

/** Milliseconds from 1970 that a `Date` can tell, at most. A damaged or forged log may hold more; it must be readable. */
const LIMIT_MS = 8.64e15;

/** ISO 8601 in UTC, such as `2026-01-01T03:12:07.250Z`. Parts of milliseconds are dropped. */
export function isoTime(at: number): string {
  return new Date(Math.min(Math.max(Math.floor(at), -LIMIT_MS), LIMIT_MS)).toISOString();
}
