/**
 * Weighted round robin, smooth and exact: earliest deadline first, as in Envoy's EDF scheduler, with the deadlines of a
 * backend at even distances over the cycle, so that the heavy ones are spread like nginx's "smooth" rotation. Over a
 * cycle of sum(weights) picks, from wherever it is begun, each backend gets exactly its weight. O(log n) per pick.
 *
 * A deadline is (round, position / (STEP * weight)): whole numbers compared crosswise, so no error ever builds up.
 */
import type { BackendEntry } from '../backend-entry.js';
import type { BackendLoad } from '../backend-load.js';
import { type Picker, type PickerStart, isTried, startingPhase } from './picker.js';

/** Distance between two deadlines of one backend. Positions stay below STEP * 1,000 and cross products below 2^41. */
const STEP = 1_048_576;

/** A time in cycles, in two parts so that it stays exact however long the worker runs. */
interface CycleTime {
  readonly round: number;
  readonly fraction: number;
}

export class WeightedRoundRobin implements Picker {
  readonly #entries: readonly BackendEntry[];
  readonly #weight: Float64Array;
  readonly #round: Float64Array;
  readonly #position: Float64Array;
  /** Binary heap of places in `entries`, the earliest deadline first. */
  readonly #heap: Int32Array;
  #size = 0;

  constructor(entries: readonly BackendEntry[], start: PickerStart) {
    this.#entries = entries;
    this.#weight = Float64Array.from(entries, (entry) => entry.weight);
    this.#round = new Float64Array(entries.length);
    this.#position = new Float64Array(entries.length);
    this.#heap = new Int32Array(entries.length);
    if (start.previous instanceof WeightedRoundRobin && start.previous.#size > 0) {
      this.#continueFrom(start.previous, start);
    } else {
      this.#begin(startingPhase(start));
    }
    for (let place = 0; place < entries.length; place += 1) this.#push(place);
  }

  next(tried: readonly BackendEntry[]): BackendEntry | null {
    // Those tried keep their deadline: they are put back as they were taken out.
    const aside: number[] = [];
    let found: BackendEntry | null = null;
    while (found === null && this.#size > 0) {
      const place = this.#heap[0] ?? 0;
      const entry = this.#entries[place];
      if (entry === undefined) return null;
      if (isTried(tried, entry)) {
        aside.push(place);
        this.#removeTop();
      } else {
        found = entry;
        this.#setDeadline(place, this.#round[place] ?? 0, (this.#position[place] ?? 0) + STEP);
        this.#siftDown();
      }
    }
    for (const place of aside) this.#push(place);
    return found;
  }

  /** Backends of the same weight are staggered evenly; the worker begins at `phase` of the cycle. */
  #begin(phase: number): void {
    const members = new Map<number, number>();
    for (const { weight } of this.#entries) members.set(weight, (members.get(weight) ?? 0) + 1);
    const seen = new Map<number, number>();
    for (const [place, { weight }] of this.#entries.entries()) {
      const rank = seen.get(weight) ?? 0;
      seen.set(weight, rank + 1);
      const offset = Math.floor(((rank + 0.5) / (members.get(weight) ?? 1)) * STEP);
      this.#setFirstDeadline(place, { round: 0, fraction: phase }, offset);
    }
  }

  /**
   * Backends that stay keep their deadline, or where their weight changed the share of the interval that was left; new
   * ones begin somewhere within their first interval.
   */
  #continueFrom(previous: WeightedRoundRobin, start: PickerStart): void {
    const places = new Map<BackendLoad, number>();
    for (const [place, entry] of previous.#entries.entries()) places.set(entry.load, place);
    const now = previous.#now();
    for (const [place, entry] of this.#entries.entries()) {
      const before = places.get(entry.load);
      if (before === undefined) {
        this.#setFirstDeadline(place, now, Math.floor(start.random() * STEP));
        continue;
      }
      const round = previous.#round[before] ?? 0;
      const position = previous.#position[before] ?? 0;
      const weight = previous.#weight[before] ?? 1;
      if (weight === entry.weight) {
        this.#setDeadline(place, round, position);
        continue;
      }
      const left = (round - now.round - now.fraction) * weight * STEP + position;
      const share = Math.min(STEP, Math.max(0, Math.round(left)));
      this.#setDeadline(place, now.round, Math.ceil(now.fraction * entry.weight * STEP) + share);
    }
  }

  #now(): CycleTime {
    const top = this.#heap[0] ?? 0;
    const length = (this.#weight[top] ?? 1) * STEP;
    return { round: this.#round[top] ?? 0, fraction: (this.#position[top] ?? 0) / length };
  }

  /** The first of the deadlines `offset`, `offset + STEP`, … of a round that is not before `time`. */
  #setFirstDeadline(place: number, time: CycleTime, offset: number): void {
    const step = Math.ceil(time.fraction * (this.#weight[place] ?? 1) - offset / STEP);
    this.#setDeadline(place, time.round, Math.max(0, step) * STEP + offset);
  }

  #setDeadline(place: number, round: number, position: number): void {
    const length = (this.#weight[place] ?? 1) * STEP;
    const rounds = Math.floor(position / length);
    this.#round[place] = round + rounds;
    this.#position[place] = position - rounds * length;
  }

  #isEarlier(a: number, b: number): boolean {
    const rounds = (this.#round[a] ?? 0) - (this.#round[b] ?? 0);
    if (rounds !== 0) return rounds < 0;
    const crosswise =
      (this.#position[a] ?? 0) * (this.#weight[b] ?? 1) - (this.#position[b] ?? 0) * (this.#weight[a] ?? 1);
    return crosswise === 0 ? a < b : crosswise < 0;
  }

  #removeTop(): void {
    this.#size -= 1;
    this.#heap[0] = this.#heap[this.#size] ?? 0;
    this.#siftDown();
  }

  #push(place: number): void {
    let hole = this.#size;
    this.#size += 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = this.#heap[parent] ?? 0;
      if (!this.#isEarlier(place, above)) break;
      this.#heap[hole] = above;
      hole = parent;
    }
    this.#heap[hole] = place;
  }

  #siftDown(): void {
    const place = this.#heap[0] ?? 0;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isEarlier(this.#heap[right] ?? 0, this.#heap[child] ?? 0))
        child = right;
      const below = this.#heap[child] ?? 0;
      if (!this.#isEarlier(below, place)) break;
      this.#heap[hole] = below;
      hole = child;
    }
    this.#heap[hole] = place;
  }
}
