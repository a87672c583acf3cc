/** The store's clock as a host knows it: what the store said last, moved on by the host's monotonic clock. */
import type { Clock } from '#shared/ports.js';

export class FleetClock implements Clock {
  readonly #monotonic: () => number;
  #offset: number;

  /** @param wall what it goes by until the store is heard of */
  constructor(wall: Clock, monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#offset = wall.now() - monotonic();
  }

  now(): number {
    return Math.floor(this.#monotonic() + this.#offset);
  }

  /** The store said that it is `time`, somewhere between question and answer. */
  heard(time: number, { sentAt, heardAt }: { readonly sentAt: number; readonly heardAt: number }): void {
    this.#offset = time - (sentAt + heardAt) / 2;
  }
}
