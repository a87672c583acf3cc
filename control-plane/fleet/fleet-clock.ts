/** The store's clock as a host knows it: what the store said last, moved on by the host's monotonic clock. */
import type { Clock } from '#shared/ports.js';

export class FleetClock implements Clock {
  readonly #wall: Clock;
  readonly #monotonic: () => number;
  #offset: number;
  #isHeard = false;

  /** @param wall what it goes by until the store is heard of */
  constructor(wall: Clock, monotonic: () => number) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#offset = wall.now() - monotonic();
  }

  now(): number {
    return Math.floor(this.#monotonic() + this.#offset);
  }

  /** How much it is ahead of the host's own clock; `null`: the store was never heard of. */
  get aheadMs(): number | null {
    return this.#isHeard ? this.now() - this.#wall.now() : null;
  }

  /** The store said that it is `time`, somewhere between question and answer. */
  heard(time: number, { sentAt, heardAt }: { readonly sentAt: number; readonly heardAt: number }): void {
    this.#offset = time - (sentAt + heardAt) / 2;
    this.#isHeard = true;
  }
}
