import { Loan, READ_BYTES, ReadBuffers } from '../../../../data-plane/http1/read-buffers.js';
import { ReadMemory } from '../../../../data-plane/http1/read-memory.js';

describe('the memory that a socket reads into', () => {
  let buffers: ReadBuffers;
  let memory: ReadMemory;

  beforeEach(() => {
    buffers = new ReadBuffers();
    memory = new ReadMemory(buffers);
  });

  it('is what all sockets share, and does not outlive the read', () => {
    expect(memory.next()).toBe(buffers.shared);
    expect(memory.outlivesRead(buffers.shared)).toBe(false);
    expect(memory.lend(buffers.shared)).toBeNull();
  });

  it('is a block of its own while a busy sender has more to send', () => {
    memory.expectMore(READ_BYTES);
    const own = memory.next();
    expect(own).not.toBe(buffers.shared);
    expect(memory.outlivesRead(own)).toBe(true);
    expect(memory.next()).toBe(own);
    memory.rest();
    expect(memory.next()).toBe(buffers.shared);
    expect(buffers.lease()).toBe(own);
  });

  it('is shared by those who trickle', () => {
    memory.expectMore(1_000);
    expect(memory.next()).toBe(buffers.shared);
  });

  it('is another block while one is being sent, which comes back when it is sent', () => {
    memory.expectMore(READ_BYTES);
    const own = memory.next();
    const loan = memory.lend(own);
    const other = memory.next();
    expect(other).not.toBe(own);
    expect(other).not.toBe(buffers.shared);
    loan?.over();
    loan?.over();
    expect(buffers.lease()).toBe(own);
    expect(buffers.lease()).not.toBe(own);
  });

  it('stays the same when what was read has been sent at once', () => {
    memory.expectMore(READ_BYTES);
    const own = memory.next();
    memory.lend(own)?.over();
    expect(memory.next()).toBe(own);
  });

  it('is given back when the socket closes, or when its bytes are sent', () => {
    memory.expectMore(READ_BYTES);
    const own = memory.next();
    const loan = memory.lend(own);
    memory.close();
    const meanwhile = buffers.lease();
    expect(meanwhile).not.toBe(own);
    loan?.over();
    expect(buffers.lease()).toBe(own);
    expect(memory.next()).toBe(buffers.shared);
  });

  it('is not kept when it is no block', () => {
    const large = Buffer.alloc(READ_BYTES + 1);
    new Loan(buffers, large, true).over();
    expect(buffers.lease()).not.toBe(large);
  });
});
