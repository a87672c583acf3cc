/**
 * The target of a request (RFC 9112 §3.2): which of its forms it has, and whether its path may be forwarded as it is.
 * Nothing is decoded or rewritten: what is routed on is what the backend gets. Therefore a path whose dot segments a
 * backend would resolve is refused, plain or percent-encoded, with `/`, `\` or `;` around them (`/a/%2e%2e%2fb`, `/a/..;/b`).
 * Encoded slashes alone stay: npm, GitLab and S3 use them, and without dot segments they cannot leave a prefix.
 */
import { BACKSLASH, DOT, HEX, NOT_HEX, PERCENT, SEMICOLON, SLASH } from './chars.js';
import type { RefusalReason } from './refusal.js';

/** Forms of a target that are served. The authority form is CONNECT's. */
export const TARGET_FORM = { origin: 0, absolute: 1, asterisk: 2 } as const;
export type TargetForm = (typeof TARGET_FORM)[keyof typeof TARGET_FORM];

const SCHEMES: readonly string[] = ['http://', 'https://'];

/** Position after `http://` or `https://` at `start`, in any case, or -1. */
export function schemeEnd(bytes: Uint8Array, start: number): number {
  for (const scheme of SCHEMES) {
    if (isScheme(bytes, start, scheme)) return start + scheme.length;
  }
  return -1;
}

function isScheme(bytes: Uint8Array, start: number, scheme: string): boolean {
  for (let i = 0; i < scheme.length; i++) {
    const byte = bytes[start + i] as number;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lower !== scheme.charCodeAt(i)) return false;
  }
  return true;
}

const NOT_DOTS = -1;

/** Whether a path of valid characters in `start` to `end` is free of broken percent-encoding and of `..` segments. */
export function checkPath(bytes: Uint8Array, start: number, end: number): RefusalReason | null {
  // Dots of the present segment, while it has nothing else.
  let dots = 0;
  for (let position = start; position < end; position++) {
    let byte = bytes[position] as number;
    if (byte === PERCENT) {
      if (position + 2 >= end) return 'target_percent';
      byte = hexByte(bytes[position + 1] as number, bytes[position + 2] as number);
      if (byte <= 0) return 'target_percent';
      position += 2;
    }
    if (byte === SLASH || byte === BACKSLASH || byte === SEMICOLON) {
      if (dots === 2) return 'target_traversal';
      dots = byte === SEMICOLON ? NOT_DOTS : 0;
    } else if (byte === DOT && dots !== NOT_DOTS) {
      dots++;
    } else {
      dots = NOT_DOTS;
    }
  }
  return dots === 2 ? 'target_traversal' : null;
}

/** The byte that two hexadecimal digits stand for, or -1. */
function hexByte(high: number, low: number): number {
  const upper = HEX[high] as number;
  const lower = HEX[low] as number;
  return upper === NOT_HEX || lower === NOT_HEX ? -1 : upper * 16 + lower;
}
