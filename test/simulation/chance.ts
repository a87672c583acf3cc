/** Seeded chance in the forms that plans and faults need. */
import type { Random } from '../../shared/ports.js';
import { seededRandom } from '../../shared/prng.js';

export class Chance {
  readonly random: Random;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1));
  }

  happens(probability: number): boolean {
    return this.random() < probability;
  }

  /** One of these; `undefined` of none. */
  oneOf<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.random() * choices.length)];
  }

  /** One of a list that is not empty. */
  among<T>(first: T, ...others: readonly T[]): T {
    return this.oneOf([first, ...others]) ?? first;
  }

  /** 32 bits, for another generator: what is drawn there leaves this one alone. */
  seed(): number {
    return Math.floor(this.random() * 4_294_967_296);
  }
}
