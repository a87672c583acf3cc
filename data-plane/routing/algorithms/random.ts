/**
 * Random: each pick by itself, in proportion to the weights. O(1) per pick by the alias method: M. D. Vose, "A linear
 * algorithm for generating random numbers with a given distribution", IEEE Trans. Software Eng. 17 (1991).
 */
import type { Random } from '#shared/ports.js';
import type { BackendEntry } from '../backend-entry.js';
import { type Picker, isTried } from './picker.js';

/** Draws that may hit a tried backend before the remaining ones are weighed one by one. */
const MAX_REDRAWS = 4;

export class WeightedRandom implements Picker {
  readonly #entries: readonly BackendEntry[];
  /** Chance, 0 to 1, of a column to yield its own backend… */
  readonly #chance: Float64Array;
  /** …and the backend that it yields otherwise. */
  readonly #alias: Int32Array;

  constructor(entries: readonly BackendEntry[]) {
    this.#entries = entries;
    this.#chance = new Float64Array(entries.length).fill(1);
    this.#alias = new Int32Array(entries.length);
    this.#fill();
  }

  next(tried: readonly BackendEntry[], random: Random): BackendEntry | null {
    for (let i = 0; i < MAX_REDRAWS; i += 1) {
      const entry = this.#draw(random());
      if (entry === undefined) return null;
      if (!isTried(tried, entry)) return entry;
    }
    return this.#weighRest(tried, random());
  }

  /** One uniform number gives both column and chance: its whole part and its fraction are independent. */
  #draw(uniform: number): BackendEntry | undefined {
    const scaled = uniform * this.#entries.length;
    const column = Math.floor(scaled);
    const own = scaled - column < (this.#chance[column] ?? 0);
    return this.#entries[own ? column : (this.#alias[column] ?? 0)];
  }

  #weighRest(tried: readonly BackendEntry[], uniform: number): BackendEntry | null {
    const rest = this.#entries.filter((entry) => !isTried(tried, entry));
    let left = uniform * rest.reduce((sum, entry) => sum + entry.weight, 0);
    for (const entry of rest) {
      left -= entry.weight;
      if (left < 0) return entry;
    }
    // Rounding can leave a crumb for nobody.
    return rest.at(-1) ?? null;
  }

  /** Pairs each column that is too short with one that is too long, until all are even. */
  #fill(): void {
    const entries = this.#entries;
    const total = entries.reduce((sum, entry) => sum + entry.weight, 0);
    const scaled = Float64Array.from(entries, (entry) => (entry.weight * entries.length) / total);
    const short: number[] = [];
    const long: number[] = [];
    for (const [column, height] of scaled.entries()) (height < 1 ? short : long).push(column);
    for (let lower = short.pop(), upper = long.at(-1); lower !== undefined && upper !== undefined;) {
      const height = scaled[lower] ?? 0;
      this.#chance[lower] = height;
      this.#alias[lower] = upper;
      const rest = (scaled[upper] ?? 0) + height - 1;
      scaled[upper] = rest;
      if (rest < 1) {
        long.pop();
        short.push(upper);
      }
      lower = short.pop();
      upper = long.at(-1);
    }
  }
}
