/** Round robin: each serving backend in turn, whatever its weight. O(1) per pick, and a look at each full one on the way. */
import type { BackendEntry } from '../backend-entry.js';
import { type BackendLoad, hasSlot } from '../backend-load.js';
import { type Picker, type PickerStart, isTried, startingPhase } from './picker.js';

export class RoundRobin implements Picker {
  readonly #entries: readonly BackendEntry[];
  #cursor: number;

  constructor(entries: readonly BackendEntry[], start: PickerStart) {
    this.#entries = entries;
    const carried = start.previous instanceof RoundRobin ? start.previous.#continuedIn(entries) : null;
    this.#cursor = carried ?? Math.floor(startingPhase(start) * entries.length);
  }

  next(tried: readonly BackendEntry[]): BackendEntry | null {
    const entries = this.#entries;
    // Each look that fails meets a tried or a full backend, so the work does not grow with the pool.
    for (let looks = entries.length; looks > 0; looks -= 1) {
      const entry = entries[this.#cursor];
      if (entry === undefined) return null;
      this.#cursor = this.#cursor + 1 === entries.length ? 0 : this.#cursor + 1;
      if (hasSlot(entry.load) && !isTried(tried, entry)) return entry;
    }
    return null;
  }

  /** The place in `entries` of the first backend that was due here and still serves. */
  #continuedIn(entries: readonly BackendEntry[]): number | null {
    const places = new Map<BackendLoad, number>();
    for (const [place, entry] of entries.entries()) places.set(entry.load, place);
    const inTurn = [...this.#entries.slice(this.#cursor), ...this.#entries.slice(0, this.#cursor)];
    for (const due of inTurn) {
      const place = places.get(due.load);
      if (place !== undefined) return place;
    }
    return null;
  }
}
