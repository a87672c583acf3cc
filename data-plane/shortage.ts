/**
 * What the process runs short of. The log tells it, but no more than a line in a while, because a shortage meets every
 * connection.
 */
import type { Logger } from '#shared/ports.js';

/** The same message is logged this often at most. */
const TELL_EVERY_MS = 10_000;

export class Shortage {
  readonly #logger: Logger;
  readonly #monotonic: () => number;
  readonly #toldAt = new Map<string, number>();

  constructor(logger: Logger, monotonic: () => number) {
    this.#logger = logger;
    this.#monotonic = monotonic;
  }

  /** @param message one of a few: each is remembered */
  tell(fields: object, message: string): void {
    const now = this.#monotonic();
    const before = this.#toldAt.get(message);
    if (before !== undefined && now - before < TELL_EVERY_MS) return;
    this.#toldAt.set(message, now);
    this.#logger.error(fields, message);
  }
}
