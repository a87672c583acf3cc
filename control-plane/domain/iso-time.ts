/** Times as text. This is the only pure file that may use `Date`, because `Date` is pure when it is given a time. */

/**
 * The largest time that `Date` supports, in milliseconds from 1970. A damaged or forged log may contain larger ones and must
 * still be readable.
 */
const LIMIT_MS = 8.64e15;

/** ISO 8601 in UTC, for example `2026-01-01T03:12:07.250Z`. Fractions of milliseconds are dropped. */
export function isoTime(at: number): string {
  return new Date(Math.min(Math.max(Math.floor(at), -LIMIT_MS), LIMIT_MS)).toISOString();
}
