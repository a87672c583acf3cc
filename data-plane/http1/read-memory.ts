/**
 * Which memory the next read of one socket goes to: the one that all sockets of a worker share, or, in the middle of a long
 * body, a block of its own, which can be handed to another socket without a copy.
 */
import { Loan, type ReadBuffers } from './read-buffers.js';

/**
 * From this size of a read on, the sender of a long body is given a block. Those who trickle are not: a thousand of them would
 * hold a thousand blocks.
 */
const BUSY_READ_BYTES = 16_384;

export class ReadMemory {
  readonly buffers: ReadBuffers;
  #own: Buffer | null = null;
  #loan: Loan | null = null;
  #wantsOwn = false;

  constructor(buffers: ReadBuffers) {
    this.buffers = buffers;
  }

  /** Where the next read goes. To be called before the first read and after each, so that no memory changes hands during one. */
  next(): Buffer {
    if (this.#own !== null) this.#reconsider(this.#own);
    if (this.#wantsOwn) this.#own ??= this.buffers.lease();
    return this.#own ?? this.buffers.shared;
  }

  /** Whether the bytes of the present read may still be used when it is over. */
  outlivesRead(bytes: Buffer): boolean {
    return bytes !== this.buffers.shared;
  }

  /** More of a long body is to come after this read of `length` bytes. */
  expectMore(length: number): void {
    this.#wantsOwn = length >= BUSY_READ_BYTES;
  }

  /** No long body is expected. */
  rest(): void {
    this.#wantsOwn = false;
  }

  /** The bytes of the present read are handed to another socket. `null`: they are no block, and nobody else's concern. */
  lend(bytes: Buffer): Loan | null {
    if (bytes !== this.#own) return null;
    this.#loan = new Loan(this.buffers, bytes, false);
    return this.#loan;
  }

  /** Nothing is read any more. */
  close(): void {
    this.rest();
    if (this.#own !== null) this.#reconsider(this.#own);
  }

  /** Parts with a block that is still being sent, or not needed. */
  #reconsider(own: Buffer): void {
    const isLent = this.#loan?.isOver === false;
    if (!isLent && this.#wantsOwn) return;
    if (isLent) this.#loan?.giveUp();
    else this.buffers.giveBack(own);
    this.#loan = null;
    this.#own = null;
  }
}
