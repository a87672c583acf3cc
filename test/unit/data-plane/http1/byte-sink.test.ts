/** How much memory is held for a peer that does not take what is written to it. */
import {
  writeBytes,
  writeSegments,
  UNWRAPPED,
  type ByteSink,
} from '../../../../data-plane/http1/byte-sink.js';
import { READ_BYTES, ReadBuffers } from '../../../../data-plane/http1/read-buffers.js';
import { ReadMemory } from '../../../../data-plane/http1/read-memory.js';
import { addSegment, createSegments } from '../../../../data-plane/http1/wire/segments.js';

/** Takes nothing. */
class StalledSink implements ByteSink {
  readonly socket = { cork: () => undefined, uncork: () => undefined };
  readonly written: (string | Buffer)[] = [];

  get hasUnsent(): boolean {
    return this.written.length > 0;
  }
  write(data: string | Buffer): boolean {
    this.written.push(data);
    return false;
  }
  /** All memory that cannot be used for anything else. */
  get heldBytes(): number {
    const memory = new Set(this.written.map((data) => (typeof data === 'string' ? data : data.buffer)));
    return [...memory].reduce((sum, one) => sum + (typeof one === 'string' ? one.length : one.byteLength), 0);
  }
  get text(): string {
    return this.written.map((data) => data.toString('latin1')).join('');
  }
}

describe('writing bodies to a peer that takes nothing', () => {
  const PIECE = 5_000;
  const PIECES = 13;

  /** As a socket reads: asks where to, and reads there. */
  function readInto(memory: ReadMemory, text: string): Buffer {
    const bytes = memory.next();
    bytes.write(text.repeat(READ_BYTES).slice(0, READ_BYTES), 'latin1');
    return bytes;
  }

  it.each([
    ['read into memory that is shared', PIECE],
    ['read into a block of its own', READ_BYTES],
  ])('holds one block, and of what follows little more than the bytes: %s', (_how, lengthBefore) => {
    const memory = new ReadMemory(new ReadBuffers());
    const sink = new StalledSink();
    const segments = createSegments();
    addSegment(segments, 0, PIECE);
    let expected = '';
    for (let i = 0; i < PIECES; i++) {
      memory.expectMore(lengthBefore);
      const bytes = readInto(memory, String.fromCharCode(97 + i));
      if (i % 2 === 0) writeSegments(sink, memory, { bytes, segments }, UNWRAPPED);
      else writeBytes(sink, memory, bytes, PIECE);
      expected += String.fromCharCode(97 + i).repeat(PIECE);
    }
    expect(sink.heldBytes).toBeLessThanOrEqual(READ_BYTES + PIECES * PIECE);
    expect(sink.text === expected).toBe(true);
  });

  it('copies no read that fills most of its block', () => {
    const memory = new ReadMemory(new ReadBuffers());
    const sink = new StalledSink();
    for (let i = 0; i < 3; i++) {
      memory.expectMore(READ_BYTES);
      const bytes = readInto(memory, 'x');
      writeBytes(sink, memory, bytes, READ_BYTES / 2);
      const last = sink.written.at(-1);
      expect(Buffer.isBuffer(last) && last.buffer === bytes.buffer).toBe(true);
    }
    expect(sink.heldBytes).toBe(3 * READ_BYTES);
  });
});
