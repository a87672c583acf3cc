/** Where bytes of a body go, and how: in as few writes and copies as may be. */
import { Loan, READ_BYTES } from './read-buffers.js';
import type { ReadMemory } from './read-memory.js';
import { latin1 } from './scratch.js';
import type { Segments } from './wire/segments.js';

/** Up to this size text and bytes leave as one text. Larger ones as one block of bytes. The limit is a guess. */
export const ONE_TEXT_BYTES = 4_096;

export const UNWRAPPED: Wrapping = { before: '', after: '' };

/** A socket that is written to. */
export interface ByteSink {
  /** What is written while it is corked leaves in one go. */
  readonly socket: { cork(): void; uncork(): void };
  /** It has not taken all that was written. */
  readonly hasUnsent: boolean;
  /** Text is latin1. @param onSent the bytes are not needed any more. Returns whether more should be written now. */
  write(data: string | Buffer, onSent?: () => void): boolean;
}

/** Text around bytes. */
interface Wrapping {
  readonly before: string;
  readonly after: string;
}

/** Bytes in all the ranges. */
export function segmentBytes({ count, bounds }: Segments): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += (bounds[i * 2 + 1] ?? 0) - (bounds[i * 2] ?? 0);
  return total;
}

/**
 * Whether memory may be held for `length` bytes in it. Where nothing waits it is free again at once, as a rule; but a peer
 * that does not read would be sent a block for each few kilobytes, 1.7 MB for 64 KiB.
 */
function isWorthHolding(sink: ByteSink, memory: Buffer, length: number): boolean {
  return !sink.hasUnsent || length * 2 >= memory.length;
}

/** Writes the ranges of `bytes`, which have just been read into `memory`, with the text around them. */
export function writeSegments(
  sink: ByteSink,
  memory: ReadMemory,
  { bytes, segments }: { readonly bytes: Buffer; readonly segments: Segments },
  { before, after }: Wrapping,
): void {
  const { count, bounds } = segments;
  const length = segmentBytes(segments);
  if (length <= ONE_TEXT_BYTES) {
    let whole = before;
    for (let i = 0; i < count; i++) whole += latin1(bytes, bounds[i * 2] ?? 0, bounds[i * 2 + 1] ?? 0);
    if (whole !== '') sink.write(whole + after);
  } else if (count === 1 && memory.outlivesRead(bytes) && isWorthHolding(sink, bytes, length)) {
    // Straight from the memory that it was read into.
    const loan = memory.lend(bytes);
    writeAround(sink, bytes.subarray(bounds[0], bounds[1]), { before, after }, loan?.over);
    if (!sink.hasUnsent) loan?.over();
  } else {
    const pieces = Array.from({ length: count }, (_, i) => bytes.subarray(bounds[i * 2], bounds[i * 2 + 1]));
    writeBlock(sink, memory, pieces, { before, after });
  }
}

/** Writes the first `length` of `bytes`, which have just been read into `memory`. */
export function writeBytes(sink: ByteSink, memory: ReadMemory, bytes: Buffer, length: number): void {
  if (length <= ONE_TEXT_BYTES) {
    sink.write(latin1(bytes, 0, length));
    return;
  }
  const piece = bytes.subarray(0, length);
  if (!memory.outlivesRead(bytes) || !isWorthHolding(sink, bytes, length)) {
    return writeBlock(sink, memory, [piece], UNWRAPPED);
  }
  const loan = memory.lend(bytes);
  sink.write(piece, loan?.over);
  if (!sink.hasUnsent) loan?.over();
}

function writeAround(
  sink: ByteSink,
  bytes: Buffer,
  { before, after }: Wrapping,
  onSent: (() => void) | undefined,
): void {
  if (before === '' && after === '') {
    sink.write(bytes, onSent);
    return;
  }
  sink.socket.cork();
  if (before !== '') sink.write(before);
  sink.write(bytes, onSent);
  if (after !== '') sink.write(after);
  sink.socket.uncork();
}

/** Moves the pieces, whatever their memory, with the text around them into one block, and writes that. */
export function writeBlock(
  sink: ByteSink,
  { buffers }: ReadMemory,
  pieces: readonly Buffer[],
  { before, after }: Wrapping,
): void {
  let size = before.length + after.length;
  for (const piece of pieces) size += piece.length;
  const usesBlock = size <= READ_BYTES && isWorthHolding(sink, buffers.shared, size);
  const block = usesBlock ? buffers.lease() : Buffer.allocUnsafeSlow(size);
  const loan = new Loan(buffers, block, true);
  let at = block.write(before, 0, 'latin1');
  for (const piece of pieces) at += piece.copy(block, at);
  at += block.write(after, at, 'latin1');
  sink.write(block.subarray(0, at), loan.over);
  if (!sink.hasUnsent) loan.over();
}
