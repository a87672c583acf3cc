/**
 * Character classes of HTTP/1 as 256-entry tables, indexed by byte, and the few bytes that have names. Tables, because
 * a typed-array look-up costs less than any chain of comparisons (770-byte head: 0.31 µs; a regular expression 0.8 µs).
 * What a class is used for is decided elsewhere.
 * Here and in the parsers typed arrays are read `as number`: an index past their end would give undefined, but every head ends with
 * LF, which stops every loop, and every other loop has its bound. Comparisons are such that undefined would end a loop, too.
 */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUESTION = 0x3f;
export const BRACKET_OPEN = 0x5b;
export const BACKSLASH = 0x5c;
export const BRACKET_CLOSE = 0x5d;

const ALPHA = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGIT = '0123456789';

function tableOf(characters: string, value = 1, base: Uint8Array = new Uint8Array(256)): Uint8Array {
  for (let i = 0; i < characters.length; i++) base[characters.charCodeAt(i)] = value;
  return base;
}

/** In `TOKEN`: a character that some backends read as another one (`_` as `-`). */
export const TOKEN_UNDERSCORE = 2;

/** tchar, RFC 9110 §5.6.2: 1; `_`: 3 (1 and `TOKEN_UNDERSCORE`); any other: 0. */
export const TOKEN: Uint8Array = tableOf(
  '_',
  1 | TOKEN_UNDERSCORE,
  tableOf(`!#$%&'*+-.^\`|~${DIGIT}${ALPHA}`),
);

/** What a field value may hold, RFC 9110 §5.5: HTAB, SP, VCHAR and obs-text (0x80 to 0xFF). */
export const FIELD_VALUE: Uint8Array = new Uint8Array(256).map((_, byte) =>
  byte === TAB || (byte >= SPACE && byte !== 0x7f) ? 1 : 0,
);

/**
 * What a target may hold: visible ASCII without `#`. RFC 3986 leaves out `"<>\\^{|}` and the backtick, but clients send these, and no
 * parser takes them for anything else. Nothing is decoded or put right: what is routed on is what the backend gets.
 * A path that a backend may read in another way is judged with the routes (`routing/path-readings.ts`).
 */
export const TARGET: Uint8Array = new Uint8Array(256).map((_, byte) =>
  byte > SPACE && byte < 0x7f && byte !== 0x23 ? 1 : 0,
);

/** Letters of a host name: what DNS names and IPv4 addresses use, and `_`, which container networks use. */
export const HOST_NAME: Uint8Array = tableOf(`-._${DIGIT}${ALPHA}`);

/** Value of a hexadecimal digit, or `NOT_HEX`. */
export const HEX: Uint8Array = new Uint8Array(256).map((_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 0xff : value;
});
export const NOT_HEX = 0xff;

/**
 * Whether `bytes` at `start` spell `lower` (lower-case ASCII letters, digits, `-`), in any case. The caller has made
 * sure that there is no control character among them: only then does setting bit 5 mean "lower-case".
 */
export function spells(bytes: Uint8Array, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    if (((bytes[start + i] as number) | 0x20) !== lower.charCodeAt(i)) return false;
  }
  return true;
}

/** SP or HTAB: what may surround a value or an element of a list. */
export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
