/**
 * Where a message ends (RFC 9112 §6.3), read from its header lines. Every way of saying two things at once, or one
 * thing oddly, is refused: repeated or listed lengths, signs, leading zeros, length with coding, coding in HTTP/1.0.
 */
import { COMMA, TAB, TOKEN, ZERO, isBlank, spells } from './chars.js';
import { FIELD, firstLine, valueEnd, valueStart } from './fields.js';
import type { FieldTable } from './fields.js';
import type { RefusalReason } from './refusal.js';

/** How the end of a body is found. */
export const BODY = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;
export type BodyKind = (typeof BODY)[keyof typeof BODY];

/** What the header lines say of the body. */
export interface FramingFields {
  /** `Transfer-Encoding: chunked` stands there. */
  chunked: boolean;
  /** Content-Length in bytes, at most 2^53 - 1; -1: none. */
  contentLength: number;
}

const LENGTH_DIGITS = 16;
const FRAMING_KINDS = (1 << FIELD.contentLength) | (1 << FIELD.transferEncoding);

/** Reads Content-Length and Transfer-Encoding. `origin` is the position of the head in `bytes`. */
export function readFraming(
  framing: FramingFields,
  fields: FieldTable,
  bytes: Uint8Array,
  origin: number,
): RefusalReason | null {
  framing.chunked = false;
  framing.contentLength = -1;
  if ((fields.present & FRAMING_KINDS) === 0) return null;
  const length = firstLine(fields, FIELD.contentLength);
  if (length >= 0) {
    if ((fields.repeated & (1 << FIELD.contentLength)) !== 0) return 'length_repeated';
    if (hasTab(fields, bytes, origin, length)) return 'length_invalid';
    framing.contentLength = decimal(
      bytes,
      origin + valueStart(fields, length),
      origin + valueEnd(fields, length),
    );
    if (framing.contentLength < 0) return 'length_invalid';
  }
  const coding = firstLine(fields, FIELD.transferEncoding);
  if (coding < 0) return null;
  if (length >= 0) return 'length_and_coding';
  if ((fields.repeated & (1 << FIELD.transferEncoding)) !== 0) return 'coding_repeated';
  if (hasTab(fields, bytes, origin, coding)) return 'coding_invalid';
  framing.chunked = true;
  return checkCoding(bytes, origin + valueStart(fields, coding), origin + valueEnd(fields, coding));
}

/**
 * Whether a tab stands before or after the value. RFC 9110 §5.5 allows it, but parsers disagree on it: node:http reads
 * `Transfer-Encoding: chunked<TAB>` in a response as a body until close.
 */
function hasTab(fields: FieldTable, bytes: Uint8Array, origin: number, line: number): boolean {
  let position = origin + valueStart(fields, line);
  while (isBlank(bytes[position - 1])) {
    if (bytes[--position] === TAB) return true;
  }
  position = origin + valueEnd(fields, line);
  while (isBlank(bytes[position])) {
    if (bytes[position++] === TAB) return true;
  }
  return false;
}

/** The number that the digits in `start` to `end` spell, or -1. Zeros in front are refused: some parsers take them for octal. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  const digits = end - start;
  if (digits === 0 || digits > LENGTH_DIGITS || (digits > 1 && bytes[start] === ZERO)) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}

/** `null` for `chunked` alone, in any case. Other codings: 501 if the list is well formed and ends in chunked, else 400. */
function checkCoding(bytes: Uint8Array, start: number, end: number): RefusalReason | null {
  if (end - start === 7 && spells(bytes, start, 'chunked')) return null;
  let position = start;
  let chunkedAt = 0;
  let codings = 0;
  for (;;) {
    const first = position;
    while (position < end && (TOKEN[bytes[position] as number] as number) > 0) position++;
    if (position === first) return 'coding_invalid';
    codings++;
    if (position - first === 7 && spells(bytes, first, 'chunked')) {
      if (chunkedAt > 0) return 'coding_repeated';
      chunkedAt = codings;
    }
    while (position < end && isBlank(bytes[position])) position++;
    if (position === end) break;
    if (bytes[position++] !== COMMA) return 'coding_invalid';
    while (position < end && isBlank(bytes[position])) position++;
  }
  return chunkedAt > 0 && chunkedAt < codings ? 'coding_invalid' : 'coding_unsupported';
}
