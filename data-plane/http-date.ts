/** The time of answers, as Date says it (RFC 9110 §5.6.7): written once a second, as every answer of a backend without a Date needs it. */
import type { Clock } from '#shared/ports.js';

const SECOND_MS = 1_000;

export class HttpDate {
  readonly #clock: Clock;
  #second = -1;
  #text = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): string {
    const second = Math.floor(this.#clock.now() / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * SECOND_MS).toUTCString();
    }
    return this.#text;
  }
}
