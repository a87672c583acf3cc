/**
 * Host and port as they stand in Host and in absolute targets. Accepts host names of letters, digits, `-`, `.` and
 * `_`, IPv4 addresses and IPv6 addresses in brackets, each with an optional port of 0 to 65535. RFC 3986 allows more
 * (percent-encoding, `!$&'()*+,;=`, user names); no host on the internet needs it, and a comma there has hidden a second host.
 */
import { BRACKET_CLOSE, BRACKET_OPEN, COLON, DOT, HEX, HOST_NAME, NOT_HEX, ZERO } from './chars.js';

const PORT_MAX = 65_535;
const PORT_DIGITS = 5;

/** End of the host part of the authority in `start` to `end` (where `:` and the port begin), or -1: not valid, or empty. */
export function hostNameEnd(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  if (bytes[start] === BRACKET_OPEN && start < end) {
    position = addressEnd(bytes, start + 1, end);
    if (position < 0) return -1;
  } else {
    while (position < end && HOST_NAME[bytes[position] as number] === 1) position++;
    if (position === start) return -1;
  }
  return position === end || isPort(bytes, position, end) ? position : -1;
}

/** Whether `:` and at most five digits, together at most 65535, fill `start` to `end`. `host:` without digits is allowed by RFC 3986 §3.2.3. */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== COLON || end - start - 1 > PORT_DIGITS) return false;
  let port = 0;
  for (let i = start + 1; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= PORT_MAX;
}

/** Position after the `]` of an IPv6 address (RFC 3986 §3.2.2) that begins at `start`, or -1. */
function addressEnd(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  let groups = 0;
  let compressed = false;
  let afterGroup = false;
  while (position < end && bytes[position] !== BRACKET_CLOSE) {
    if (bytes[position] === COLON && bytes[position + 1] === COLON) {
      if (compressed) return -1;
      compressed = true;
      afterGroup = false;
      position += 2;
      continue;
    }
    if (afterGroup && bytes[position] === COLON) position++;
    afterGroup = true;
    const digits = hexRun(bytes, position, end);
    if (digits === 0 || digits > 4) return -1;
    if (bytes[position + digits] === DOT) {
      position = ipv4End(bytes, position, end);
      if (position < 0) return -1;
      groups += 2;
      break;
    }
    position += digits;
    groups++;
  }
  if (position >= end || bytes[position] !== BRACKET_CLOSE) return -1;
  return (compressed ? groups < 8 : groups === 8) ? position + 1 : -1;
}

function hexRun(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && HEX[bytes[position] as number] !== NOT_HEX) position++;
  return position - start;
}

/** Position after four decimal numbers of 0 to 255, without leading zeros, joined by dots, or -1. */
function ipv4End(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && bytes[position++] !== DOT) return -1;
    const first = position;
    let value = 0;
    while (position < end && position - first < 4) {
      const digit = (bytes[position] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      position++;
    }
    const length = position - first;
    if (length === 0 || value > 255 || (length > 1 && bytes[first] === ZERO)) return -1;
  }
  return position;
}
