/**
 * One direction of a worker's IPC channel: messages arrive later, copied, in the order in which they were sent. Channels
 * of different workers know nothing of each other, so across workers any order occurs. A cut channel loses what is on
 * its way.
 */
import type { Timers } from '../../shared/ports.js';

export class Channel<Message> {
  /** Shortest and longest time that a message travels, milliseconds. */
  delay: readonly [min: number, max: number] = [0, 2];
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #deliver: (message: Message) => void;
  #open = true;
  #lastAt = 0;
  readonly #now: () => number;

  constructor(
    surroundings: { readonly timers: Timers; readonly random: () => number; readonly now: () => number },
    deliver: (message: Message) => void,
  ) {
    this.#timers = surroundings.timers;
    this.#random = surroundings.random;
    this.#now = surroundings.now;
    this.#deliver = deliver;
  }

  get open(): boolean {
    return this.#open;
  }

  /** `taken`: the message has left the sender's buffer; with an error if it never will. */
  send(message: Message, taken: (error: Error | null) => void = () => undefined): void {
    const copy = structuredClone(message);
    const [min, max] = this.delay;
    const now = this.#now();
    const at = Math.max(this.#lastAt, now + Math.round(min + (max - min) * this.#random()));
    this.#lastAt = at;
    this.#timers.after(at - now, () => {
      taken(this.#open ? null : new Error('channel closed'));
      if (this.#open) this.#deliver(copy);
    });
  }

  cut(): void {
    this.#open = false;
  }
}
