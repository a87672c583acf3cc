/**
 * Collects the head of a message from bytes as they arrive, and has it parsed once it is whole. A head that lies in one
 * piece is parsed where it lies; pieces are kept, up to the limit, until the rest comes. The verdict is the same however
 * the bytes are cut. A head that cannot become valid is refused at its first bad byte or bare LF, not at a time-out.
 */
import { CR, LF, TOKEN } from './chars.js';
import { NEED_MORE, findHeadEnd } from './head-end.js';
import type { HeadLimits } from './limits.js';
import type { RefusalReason } from './refusal.js';
import { parseRequestHead, type RequestHead } from './request-head.js';
import { parseResponseHead, type ResponseHead } from './response-head.js';

export { NEED_MORE };
/** The head is refused: the reader's `refusal` says why. */
export const REFUSED = -2;

/** Reads bytes as latin1, one character each. The shell has a fast one (`latin1Slice`). */
export type Latin1 = (bytes: Uint8Array, from: number, to: number) => string;

/**
 * Empty lines that may precede a request: RFC 9112 §2.2 asks for one at least, some old clients send more, and nobody needs a
 * connection on which nothing else comes.
 */
export const EMPTY_LINES = 16;

/** First size of the buffer for pieces, in bytes. */
const FIRST_PIECE = 512;
const NOTHING = new Uint8Array(0);
const FIRST_OF_RESPONSE = 0x48;

interface Head {
  readonly limits: HeadLimits;
}

export interface HeadReader<H extends Head> {
  /** Filled by the next head that is read. The engine may put another object here between heads. */
  head: H;
  readonly latin1: Latin1;
  readonly isRequest: boolean;
  readonly parse: (head: H, bytes: Uint8Array, from: number, text: string) => RefusalReason | null;
  refusal: RefusalReason | null;
  /** Empty lines since the last head. */
  emptyLines: number;
  /** Pieces of a head that is not yet whole. */
  pending: Uint8Array;
  pendingLength: number;
}

export function createRequestReader(head: RequestHead, latin1: Latin1): HeadReader<RequestHead> {
  return createReader(head, latin1, true, parseRequestHead);
}

export function createResponseReader(head: ResponseHead, latin1: Latin1): HeadReader<ResponseHead> {
  return createReader(head, latin1, false, parseResponseHead);
}

function createReader<H extends Head>(
  head: H,
  latin1: Latin1,
  isRequest: boolean,
  parse: HeadReader<H>['parse'],
): HeadReader<H> {
  return {
    head,
    latin1,
    isRequest,
    parse,
    refusal: null,
    emptyLines: 0,
    pending: NOTHING,
    pendingLength: 0,
  };
}

/**
 * Reads on in `bytes` from `from` to `to`. Returns the position after the head, with `reader.head` filled and the reader ready
 * for the next one; or `NEED_MORE`, with all bytes taken; or `REFUSED`: nothing more can be read.
 */
export function readHead<H extends Head>(
  reader: HeadReader<H>,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  if (reader.refusal !== null) return REFUSED;
  if (reader.pendingLength > 0) return readRest(reader, bytes, from, to);
  const start = bytes[from] === CR && reader.isRequest ? afterEmptyLines(reader, bytes, from, to) : from;
  if (start === REFUSED) return REFUSED;
  const visible = Math.min(to, start + reader.head.limits.headBytes);
  const end = findHeadEnd(bytes, start, visible, 0);
  if (end !== NEED_MORE) return parse(reader, bytes, start, end) ? end : REFUSED;
  if (start >= to) return NEED_MORE;
  keep(reader, bytes, start, visible);
  return verdictOnPieces(reader);
}

/** Whether a head has begun to arrive: more than the empty lines that may precede a request. */
export function hasHeadBegun<H extends Head>(reader: HeadReader<H>): boolean {
  return reader.pendingLength > 1 || (reader.pendingLength > 0 && reader.pending[0] !== CR);
}

/** Position after the empty lines at `from`, or `REFUSED`. */
function afterEmptyLines<H extends Head>(
  reader: HeadReader<H>,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let position = from;
  while (position + 1 < to && bytes[position] === CR && bytes[position + 1] === LF) {
    position += 2;
    if (!countEmptyLine(reader)) return REFUSED;
  }
  return position;
}

function countEmptyLine<H extends Head>(reader: HeadReader<H>): boolean {
  if (++reader.emptyLines > EMPTY_LINES) reader.refusal = 'empty_lines';
  return reader.refusal === null;
}

function readRest<H extends Head>(
  reader: HeadReader<H>,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const before = reader.pendingLength;
  if (reader.isRequest && before === 1 && reader.pending[0] === CR && from < to && bytes[from] === LF) {
    // An empty line that came in two pieces.
    reader.pendingLength = 0;
    return countEmptyLine(reader) ? readHead(reader, bytes, from + 1, to) : REFUSED;
  }
  keep(reader, bytes, from, Math.min(to, from + reader.head.limits.headBytes - before));
  const { pending } = reader;
  const end = findHeadEnd(pending, 0, reader.pendingLength, before);
  if (end === NEED_MORE) return verdictOnPieces(reader);
  reader.pending = NOTHING;
  reader.pendingLength = 0;
  return parse(reader, pending, 0, end) ? from + end - before : REFUSED;
}

function parse<H extends Head>(reader: HeadReader<H>, bytes: Uint8Array, from: number, end: number): boolean {
  reader.emptyLines = 0;
  reader.refusal = reader.parse(reader.head, bytes, from, reader.latin1(bytes, from, end));
  return reader.refusal === null;
}

/** Whether the pieces may still become a head. */
function verdictOnPieces<H extends Head>(reader: HeadReader<H>): number {
  const { pending, pendingLength, isRequest } = reader;
  const first = pending[0] as number;
  // A lone CR may become an empty line.
  const isOpen = isRequest
    ? TOKEN[first] !== 0 || (first === CR && pendingLength === 1)
    : first === FIRST_OF_RESPONSE;
  if (!isOpen) {
    reader.refusal = isRequest ? 'method' : 'version';
  } else if (pendingLength >= reader.head.limits.headBytes) {
    // Without a single line end it is the target that does not fit.
    const lineEnd = pending.indexOf(LF);
    const hasLine = lineEnd >= 0 && lineEnd < pendingLength;
    reader.refusal = isRequest && !hasLine ? 'target_too_long' : 'head_too_large';
  } else {
    return NEED_MORE;
  }
  reader.pending = NOTHING;
  reader.pendingLength = 0;
  return REFUSED;
}

function keep<H extends Head>(reader: HeadReader<H>, bytes: Uint8Array, from: number, to: number): void {
  const length = reader.pendingLength + to - from;
  if (length > reader.pending.length) {
    const size = Math.min(reader.head.limits.headBytes, Math.max(FIRST_PIECE, length * 2));
    const larger = new Uint8Array(size);
    larger.set(reader.pending.subarray(0, reader.pendingLength));
    reader.pending = larger;
  }
  reader.pending.set(bytes.subarray(from, to), reader.pendingLength);
  reader.pendingLength = length;
}
