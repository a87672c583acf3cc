/**
 * Where a message ends (RFC 9112 §6.3), read from its header lines. Every way of saying two things at once is refused: length with
 * coding, coding in HTTP/1.0, lengths that differ, and in requests any second length. What is said once but oddly is understood where
 * RFC 9110 allows it, as it goes on in one spelling only (`../framing-lines.ts`).
 */
import { COMMA, TAB, TOKEN, ZERO, isBlank, spells } from './chars.js';
import { FIELD, firstLine, valueEnd, valueStart, type FieldTable } from './fields.js';
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

/** Most digits of a length, zeros in front not counted. The value is at most 2^53 - 1. */
const LENGTH_DIGITS = 16;
const FRAMING_KINDS = (1 << FIELD.contentLength) | (1 << FIELD.transferEncoding);

/** What a head may say of its length. */
export const LENGTHS = {
  /** One field with one number: a second one in a request was always an attempt to have two parsers disagree. */
  one: 0,
  /** The same number several times: RFC 9112 §6.3 item 5 has a response with it processed as if it stood once. */
  same: 1,
} as const;
export type Lengths = (typeof LENGTHS)[keyof typeof LENGTHS];

/** Reads Content-Length and Transfer-Encoding. `origin` is the position of the head in `bytes`. */
export function readFraming(
  framing: FramingFields,
  fields: FieldTable,
  bytes: Uint8Array,
  origin: number,
  lengths: Lengths,
): RefusalReason | null {
  framing.chunked = false;
  framing.contentLength = -1;
  if ((fields.present & FRAMING_KINDS) === 0) return null;
  const length = firstLine(fields, FIELD.contentLength);
  if (length >= 0) {
    const reason = readLength(framing, { fields, bytes, origin, line: length }, lengths);
    if (reason !== null) return reason;
  }
  const coding = firstLine(fields, FIELD.transferEncoding);
  if (coding < 0) return null;
  if (length >= 0) return 'length_and_coding';
  if ((fields.repeated & (1 << FIELD.transferEncoding)) !== 0) return 'coding_repeated';
  if (hasTab(fields, bytes, origin, coding)) return 'coding_invalid';
  framing.chunked = true;
  return checkCoding(bytes, origin + valueStart(fields, coding), origin + valueEnd(fields, coding));
}

/** Where the first length stands. */
interface LengthPlace {
  readonly fields: FieldTable;
  readonly bytes: Uint8Array;
  readonly origin: number;
  readonly line: number;
}

function readLength(framing: FramingFields, place: LengthPlace, lengths: Lengths): RefusalReason | null {
  const { fields, bytes, origin, line } = place;
  const isRepeated = (fields.repeated & (1 << FIELD.contentLength)) !== 0;
  framing.contentLength = decimal(bytes, origin + valueStart(fields, line), origin + valueEnd(fields, line));
  if (!isRepeated && framing.contentLength >= 0) return null;
  if (lengths === LENGTHS.same) return readSameLengths(framing, place);
  return isRepeated ? 'length_repeated' : 'length_invalid';
}

/** All lengths there are, in as many fields and lists. */
function readSameLengths(framing: FramingFields, place: LengthPlace): RefusalReason | null {
  const { fields, bytes, origin } = place;
  framing.contentLength = -1;
  for (let { line } = place; line < fields.count; line++) {
    if (fields.kinds[line] !== FIELD.contentLength) continue;
    const end = origin + valueEnd(fields, line);
    for (let position = origin + valueStart(fields, line); ; position++) {
      const start = position;
      while (position < end && bytes[position] !== COMMA) position++;
      const value = decimal(bytes, start, withoutBlanks(bytes, start, position));
      if (value < 0) return 'length_invalid';
      if (framing.contentLength >= 0 && framing.contentLength !== value) return 'length_repeated';
      framing.contentLength = value;
      if (position === end) break;
      while (isBlank(bytes[position + 1])) position++;
    }
  }
  return null;
}

/** The end of what stands in `start` to `end`, without the white space behind it. */
function withoutBlanks(bytes: Uint8Array, start: number, end: number): number {
  let position = end;
  while (position > start && isBlank(bytes[position - 1])) position--;
  return position;
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

/** The number that the digits in `start` to `end` spell, or -1. Zeros in front are allowed (RFC 9110 §8.6: 1*DIGIT). */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  let first = start;
  while (first < end - 1 && bytes[first] === ZERO) first++;
  const digits = end - first;
  if (digits <= 0 || digits > LENGTH_DIGITS) return -1;
  let value = 0;
  for (let i = first; i < end; i++) {
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
