/**
 * Reads the body of one message after the other, whatever its framing: says which of the arriving bytes go on, and at which
 * byte the message ends. What follows belongs to the next message and is left alone. Moves no bytes itself.
 */
import { BODY, type BodyKind } from './framing.js';
import {
  beginChunked,
  createChunkedState,
  readChunked,
  type ChunkedOutput,
  type ChunkedState,
} from './chunked.js';
import type { HeadLimits } from './limits.js';
import type { RefusalReason } from './refusal.js';
import { addSegment, type Segments } from './segments.js';

export interface BodyReader {
  /** What goes on of the bytes last read. May be shared by readers: it is written anew at each reading. */
  readonly segments: Segments;
  readonly chunked: ChunkedState;
  kind: BodyKind;
  /** Most bytes of content. */
  maxBytes: number;
  /** Bytes missing where `kind` is `length`. */
  remaining: number;
  /** Bytes of content so far, without framing. */
  contentBytes: number;
  /** The message has ended. */
  done: boolean;
  /** The message is broken: its connection must not be used again. */
  refusal: RefusalReason | null;
}

/** `limits` are those of trailers: as of a head of their own. */
export function createBodyReader(limits: HeadLimits, segments: Segments): BodyReader {
  return {
    segments,
    chunked: createChunkedState(limits),
    kind: BODY.none,
    maxBytes: Infinity,
    remaining: 0,
    contentBytes: 0,
    done: true,
    refusal: null,
  };
}

/** Framing as a parsed head has it. */
export interface BodyFraming {
  readonly body: BodyKind;
  readonly contentLength: number;
}

/**
 * Begins the body of the message with this head. It may be done at once, or refused.
 * @param maxBytes most bytes of content
 */
export function beginBody(
  reader: BodyReader,
  head: BodyFraming,
  output: ChunkedOutput,
  maxBytes = Infinity,
): void {
  reader.kind = head.body;
  reader.remaining = head.body === BODY.length ? head.contentLength : 0;
  reader.maxBytes = maxBytes;
  reader.contentBytes = 0;
  reader.done = head.body === BODY.none;
  reader.refusal = reader.remaining > maxBytes ? 'body_too_large' : null;
  reader.segments.count = 0;
  if (head.body === BODY.chunked) beginChunked(reader.chunked, output);
}

/**
 * Reads on from `from`; returns the position after the last byte that belongs to the message. Less than `to`: the message is done
 * or refused there, or (with very many small chunks) the table of ranges is full: use it, and call again.
 * After a refusal the ranges must not go on.
 */
export function readBody(reader: BodyReader, bytes: Uint8Array, from: number, to: number): number {
  const { segments } = reader;
  segments.count = 0;
  if (reader.done || reader.refusal !== null || from >= to) return from;
  if (reader.kind === BODY.chunked) {
    const { chunked } = reader;
    const end = readChunked(chunked, { bytes, from, to, segments });
    reader.contentBytes = chunked.dataBytes;
    reader.done = chunked.done;
    reader.refusal = chunked.refusal ?? (chunked.dataBytes > reader.maxBytes ? 'body_too_large' : null);
    return end;
  }
  const end = reader.kind === BODY.length ? Math.min(to, from + reader.remaining) : to;
  reader.contentBytes += end - from;
  if (reader.kind === BODY.length) {
    reader.remaining -= end - from;
    reader.done = reader.remaining === 0;
  }
  addSegment(segments, from, end);
  return end;
}

/** The connection has ended: whether the message has, too. A body until close is done by it; any other is cut off. */
export function endOfInput(reader: BodyReader): RefusalReason | null {
  if (reader.kind === BODY.untilClose) reader.done = true;
  if (!reader.done) reader.refusal ??= 'truncated';
  return reader.refusal;
}
