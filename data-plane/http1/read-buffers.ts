/**
 * The memory that the sockets of a worker read into. All share one buffer: it is read and dealt with before the next socket is
 * read, so nothing is allocated per read and an idle connection holds none. Blocks for those that need more are used again.
 */

/**
 * A response of 64 KB and its head come in one read: 0.70 of nginx's CPU time, and 0.75 to 1.1 with 64 KiB (three
 * rounds on a loaded machine).
 */
export const READ_BYTES = 131_072;
/** Kept for the next long body. */
const MAX_SPARE = 16;

export class ReadBuffers {
  /** Valid until the read callback that got it returns. */
  readonly shared: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #spare: Buffer[] = [];

  /** A block for one connection. */
  lease(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
  }

  /** Nobody reads from it or writes to it any more. Memory that is no block is left to the collector. */
  giveBack(block: Buffer): void {
    if (block.length === READ_BYTES && this.#spare.length < MAX_SPARE) this.#spare.push(block);
  }
}

/** Memory whose bytes a socket is to send. It must not be written to before the loan is over. */
export class Loan {
  isOver = false;
  readonly #buffers: ReadBuffers;
  readonly #block: Buffer;
  #isGivenUp: boolean;

  /** @param isGivenUp nobody but the socket uses the block */
  constructor(buffers: ReadBuffers, block: Buffer, isGivenUp: boolean) {
    this.#buffers = buffers;
    this.#block = block;
    this.#isGivenUp = isGivenUp;
  }

  /** The socket has sent them, or never will. Again does nothing. */
  readonly over = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    if (this.#isGivenUp) this.#buffers.giveBack(this.#block);
  };

  /** The lender uses the block no more: it is given back when the loan is over. */
  giveUp(): void {
    this.#isGivenUp = true;
  }
}
