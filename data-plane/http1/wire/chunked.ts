/**
 * The chunked coding (RFC 9112 §7.1) as a filter: says which of the arriving bytes go on and where the body ends. A
 * body goes on as it came, chunk for chunk, after each byte of its framing has been checked, so nothing is copied and
 * nothing is counted twice. Only extensions are cut out (a recipient ignores those it does not know, and parsers have
 * disagreed on where they end: CVE-2025-22871, CVE-2025-55315), and trailers where they are not wanted. Towards HTTP/1.0 the
 * data alone goes on. No white space is allowed in a chunk line (RFC 9112 allows it around `;` and `=`, "bad" as it calls it).
 */
import { BACKSLASH, CR, EQUALS, HEX, LF, NOT_HEX, QUOTE, SEMICOLON, SPACE, TOKEN } from './chars.js';
import type { HeadLimits } from './limits.js';
import type { RefusalReason } from './refusal.js';
import { SEGMENT_CAPACITY, addSegment, type Segments } from './segments.js';
import {
  atSectionEnd,
  beginTrailers,
  createTrailerState,
  isTrailerDone,
  stepTrailer,
  type TrailerState,
} from './trailers.js';

/** Longest chunk line without its CRLF: size and extensions, in bytes. */
export const CHUNK_LINE_BYTES = 256;
/** Bytes of extensions that a body may have beyond as many as it has of data (CVE-2023-39326, CVE-2024-22019). */
export const EXTENSION_BYTES = 4_096;
/** Most digits of a size, zeros in front included. The value is at most 2^53 - 1. */
export const SIZE_DIGITS = 16;

const STATE = {
  sizeStart: 0,
  size: 1,
  extensionStart: 2,
  extensionName: 3,
  extensionValue: 4,
  extensionToken: 5,
  extensionQuoted: 6,
  extensionEscaped: 7,
  extensionEnd: 8,
  sizeEnd: 9,
  data: 10,
  dataEnd: 11,
  dataEndLf: 12,
  trailers: 13,
} as const;
type State = (typeof STATE)[keyof typeof STATE];
type FramingState = Exclude<State, typeof STATE.data>;

/** What of the body goes on. */
export const CHUNKED_OUTPUT = {
  /** Chunks and trailers. */
  chunks: 0,
  /** Chunks; trailers are checked and left out. */
  chunksWithoutTrailers: 1,
  /** The data alone. */
  data: 2,
} as const;
export type ChunkedOutput = (typeof CHUNKED_OUTPUT)[keyof typeof CHUNKED_OUTPUT];

export interface ChunkedState {
  readonly limits: HeadLimits;
  readonly trailer: TrailerState;
  output: ChunkedOutput;
  state: State;
  /** Size of the chunk while it is read, then what is left of its data. */
  remaining: number;
  digits: number;
  lineBytes: number;
  extensionBytes: number;
  /** Bytes of data so far. */
  dataBytes: number;
  done: boolean;
  refusal: RefusalReason | null;
}

export function createChunkedState(limits: HeadLimits): ChunkedState {
  return {
    limits,
    trailer: createTrailerState(),
    output: CHUNKED_OUTPUT.chunks,
    state: STATE.sizeStart,
    remaining: 0,
    digits: 0,
    lineBytes: 0,
    extensionBytes: 0,
    dataBytes: 0,
    done: false,
    refusal: null,
  };
}

export function beginChunked(chunked: ChunkedState, output: ChunkedOutput): void {
  chunked.output = output;
  chunked.state = STATE.sizeStart;
  chunked.extensionBytes = 0;
  chunked.dataBytes = 0;
  chunked.done = false;
  chunked.refusal = null;
}

/** Bytes in which to read, and where the ranges go. */
export interface ChunkedInput {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly segments: Segments;
}

/**
 * Reads on from `from`, adds the ranges that go on, and returns the position after the last byte read: `to`, or less
 * if the body is done there, is refused there, or the table of ranges is full.
 */
export function readChunked(chunked: ChunkedState, input: ChunkedInput): number {
  const { bytes, to, segments } = input;
  let position = input.from;
  let runStart = -1;
  while (position < to && !chunked.done) {
    let keep = true;
    let next = position + 1;
    const { state } = chunked;
    if (state === STATE.data) {
      next = Math.min(to, position + chunked.remaining);
      chunked.remaining -= next - position;
      chunked.dataBytes += next - position;
      if (chunked.remaining === 0) chunked.state = STATE.dataEnd;
    } else {
      // A chunk, or the end with its trailers, adds at most two ranges.
      if (state === STATE.sizeStart && segments.count > SEGMENT_CAPACITY - 3) break;
      keep = stepFraming(chunked, state, bytes[position] as number);
      if (chunked.refusal !== null) break;
    }
    if (keep && runStart < 0) runStart = position;
    if (!keep && runStart >= 0) {
      addSegment(segments, runStart, position);
      runStart = -1;
    }
    position = next;
  }
  if (runStart >= 0 && runStart < position) addSegment(segments, runStart, position);
  return position;
}

/** Takes one byte of framing. Returns whether it goes on; refuses by `chunked.refusal`. */
function stepFraming(chunked: ChunkedState, state: FramingState, byte: number): boolean {
  const keepsFraming = chunked.output !== CHUNKED_OUTPUT.data;
  switch (state) {
    case STATE.sizeStart:
      chunked.digits = 0;
      chunked.lineBytes = 0;
      chunked.remaining = 0;
      chunked.state = STATE.size;
      return stepSize(chunked, byte) && keepsFraming;
    case STATE.size:
      return stepSize(chunked, byte) && keepsFraming;
    case STATE.extensionStart:
    case STATE.extensionName:
    case STATE.extensionValue:
    case STATE.extensionToken:
    case STATE.extensionQuoted:
    case STATE.extensionEscaped:
    case STATE.extensionEnd:
      return stepExtension(chunked, byte) && keepsFraming;
    case STATE.sizeEnd:
      if (chunked.remaining === 0) beginTrailers(chunked.trailer);
      expect(chunked, byte === LF, chunked.remaining === 0 ? STATE.trailers : STATE.data, 'line_end');
      return keepsFraming;
    case STATE.dataEnd:
      expect(chunked, byte === CR, STATE.dataEndLf, 'chunk_end');
      return keepsFraming;
    case STATE.dataEndLf:
      expect(chunked, byte === LF, STATE.sizeStart, 'chunk_end');
      return keepsFraming;
    case STATE.trailers:
      chunked.refusal = stepTrailer(chunked.trailer, byte, chunked.limits);
      chunked.done = isTrailerDone(chunked.trailer) && chunked.refusal === null;
      return keepsFraming && (chunked.output === CHUNKED_OUTPUT.chunks || atSectionEnd(chunked.trailer));
  }
}

function expect(chunked: ChunkedState, fulfilled: boolean, next: State, reason: RefusalReason): void {
  if (fulfilled) chunked.state = next;
  else chunked.refusal = reason;
}

function stepSize(chunked: ChunkedState, byte: number): boolean {
  const digit = HEX[byte] as number;
  chunked.lineBytes++;
  if (digit !== NOT_HEX) {
    chunked.remaining = chunked.remaining * 16 + digit;
    const fits = ++chunked.digits <= SIZE_DIGITS && chunked.remaining <= Number.MAX_SAFE_INTEGER;
    if (!fits) chunked.refusal = 'chunk_size';
    return true;
  }
  if (chunked.digits === 0) {
    chunked.refusal = 'chunk_size';
    return false;
  }
  return endOfElement(chunked, byte, 'chunk_size');
}

/** `;` begins an extension, CR ends the line, and only these may follow. Returns whether the byte goes on. */
function endOfElement(chunked: ChunkedState, byte: number, reason: RefusalReason): boolean {
  if (byte === CR) {
    chunked.state = STATE.sizeEnd;
    return true;
  }
  if (byte === SEMICOLON) {
    chunked.extensionBytes++;
    chunked.state = STATE.extensionStart;
  } else {
    chunked.refusal = byte === LF ? 'line_end' : reason;
  }
  return false;
}

/** `;name`, `;name=token` or `;name="quoted"`, in visible ASCII. Returns true for the CR that ends the line. */
function stepExtension(chunked: ChunkedState, byte: number): boolean {
  const isToken = TOKEN[byte] !== 0;
  if (++chunked.lineBytes > CHUNK_LINE_BYTES) chunked.refusal = 'chunk_line_too_long';
  else if (++chunked.extensionBytes > EXTENSION_BYTES + chunked.dataBytes) chunked.refusal = 'chunk_overhead';
  if (chunked.refusal !== null) return false;
  if (chunked.state === STATE.extensionQuoted) {
    if (byte === QUOTE) chunked.state = STATE.extensionEnd;
    else if (byte === BACKSLASH) chunked.state = STATE.extensionEscaped;
    else if (!isPrintable(byte)) chunked.refusal = byte === LF ? 'line_end' : 'chunk_extension';
    return false;
  }
  if (chunked.state === STATE.extensionEscaped) {
    expect(chunked, isPrintable(byte), STATE.extensionQuoted, 'chunk_extension');
    return false;
  }
  if (chunked.state === STATE.extensionStart) {
    expect(chunked, isToken, STATE.extensionName, 'chunk_extension');
    return false;
  }
  if (chunked.state === STATE.extensionValue) {
    const next = byte === QUOTE ? STATE.extensionQuoted : STATE.extensionToken;
    expect(chunked, byte === QUOTE || isToken, next, 'chunk_extension');
    return false;
  }
  if (isToken && chunked.state !== STATE.extensionEnd) return false;
  if (byte === EQUALS && chunked.state === STATE.extensionName) {
    chunked.state = STATE.extensionValue;
    return false;
  }
  return endOfElement(chunked, byte, 'chunk_extension');
}

function isPrintable(byte: number): boolean {
  return byte >= SPACE && byte < 0x7f;
}
