/** The version of a message (RFC 9112 §2.3): exactly `HTTP/`, a digit, a dot, a digit. 1.1 and 1.0 are understood. */
import { DOT, ZERO } from './chars.js';

/** Length of `HTTP/1.1`. */
export const VERSION_BYTES = 8;
/** Well formed, but neither 1.1 nor 1.0. */
export const VERSION_UNKNOWN = -1;
export const VERSION_BROKEN = -2;

/** Minor number of an HTTP/1 version at `start`, or `VERSION_UNKNOWN` or `VERSION_BROKEN`. Stops at the first byte that is wrong. */
export function readVersion(bytes: Uint8Array, start: number): number {
  // H T T P /, case-sensitive.
  if (bytes[start] !== 0x48 || bytes[start + 1] !== 0x54 || bytes[start + 2] !== 0x54) return VERSION_BROKEN;
  if (bytes[start + 3] !== 0x50 || bytes[start + 4] !== 0x2f) return VERSION_BROKEN;
  const major = (bytes[start + 5] as number) - ZERO;
  if (!(major >= 0 && major <= 9) || bytes[start + 6] !== DOT) return VERSION_BROKEN;
  const minor = (bytes[start + 7] as number) - ZERO;
  if (!(minor >= 0 && minor <= 9)) return VERSION_BROKEN;
  return major === 1 && minor <= 1 ? minor : VERSION_UNKNOWN;
}
