/** Reads times from the command line and writes times for people. Callers pass the present time. */
import { parseDuration } from '#shared/settings/quantities.js';

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Reads an ISO 8601 time (UTC if it names no zone), or a duration before `now` such as `10m` or `1h30m ago`. Returns
 * milliseconds since 1970, or `null` if the text is neither. `now` is in milliseconds since 1970, too.
 */
export function parseTime(text: string, now: number): number | null {
  const trimmed = text.trim();
  if (trimmed === 'now') return now;
  const ago = parseDuration(trimmed.replace(/\s+ago$/, '').replace(/\s+/g, ''));
  if (ago !== null) return now - ago;
  if (!ISO.test(trimmed)) return null;
  const iso = trimmed.replace(' ', 'T');
  const zoned = /T/.test(iso) && !/(?:Z|[+-]\d\d:\d\d)$/.test(iso) ? `${iso}Z` : iso;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? null : at;
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** The two largest units of a span in milliseconds: `3d 4h`, `5m 2s`, `0s`. */
export function formatSpan(ms: number): string {
  const whole = Math.max(0, ms);
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0s';
  const [name, size] = UNITS[first] ?? ['s', 1_000];
  const head = `${Math.floor(whole / size)}${name}`;
  const [nextName, nextSize] = UNITS[first + 1] ?? ['', 0];
  const rest = nextSize === 0 ? 0 : Math.floor((whole % size) / nextSize);
  return rest === 0 ? head : `${head} ${rest}${nextName}`;
}

/** Turns ISO 8601 in UTC into `2026-01-31 03:12:07Z`. */
export function formatTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}
