/**
 * Least connections: the backend with the fewest requests in flight per weight, those of all workers counted. A
 * backend with none costs 0, any other (requests + 1) / weight: the idle share the rotation, the busy are compared
 * with the new request included (HAProxy's rule for `leastconn`). Among equals, those are next that had their last turn
 * longest ago, in proportion to weight, so an idle pool rotates instead of wearing out its first backend.
 *
 * A tournament tree: the best at once, O(log n) per pick and per change of load (Knuth, TAOCP 3, §5.4.1).
 */
import type { BackendEntry } from '../backend-entry.js';
import type { BackendLoad, LoadWatcher } from '../backend-load.js';
import { type Picker, type PickerStart, isTried, startingPhase } from './picker.js';

/** No backend here: a leaf past the end, or one that was tried. Loses every match. */
const NOBODY = -1;

export class LeastConnections implements Picker, LoadWatcher {
  readonly #entries: readonly BackendEntry[];
  /** Winner of each match: the root is at 1, the leaves begin at `leaves`. */
  readonly #tree: Int32Array;
  readonly #leaves: number;
  /** The turn of the latest pick: nobody's next turn is before it. */
  #turn = 0;

  constructor(entries: readonly BackendEntry[], start: PickerStart) {
    this.#entries = entries;
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, entries.length)));
    this.#tree = new Int32Array(2 * this.#leaves).fill(NOBODY);
    if (start.previous instanceof LeastConnections) this.#turn = start.previous.#turn;
    else this.#spreadTurns(startingPhase(start));
    for (const [place, { load }] of entries.entries()) {
      load.slot = place;
      load.watcher = this;
      this.#tree[this.#leaves + place] = place;
    }
    for (let match = this.#leaves - 1; match > 0; match -= 1) this.#play(match);
  }

  next(tried: readonly BackendEntry[]): BackendEntry | null {
    const place = tried.length === 0 ? this.#best() : this.#bestExcept(tried);
    const entry = this.#entries[place];
    if (entry === undefined) return null;
    this.#turn = Math.max(this.#turn, entry.load.turn);
    entry.load.turn = this.#turn + 1 / entry.weight;
    this.#replay(place);
    return entry;
  }

  loadChanged(load: BackendLoad): void {
    this.#replay(load.slot);
  }

  #best(): number {
    return this.#tree[1] ?? NOBODY;
  }

  /** Takes the tried ones out of the tournament as long as they win it, then lets them in again. */
  #bestExcept(tried: readonly BackendEntry[]): number {
    const out: number[] = [];
    let best = this.#best();
    for (let entry = this.#entries[best]; entry !== undefined && isTried(tried, entry);) {
      out.push(best);
      this.#tree[this.#leaves + best] = NOBODY;
      this.#replay(best);
      best = this.#best();
      entry = this.#entries[best];
    }
    for (const place of out) {
      this.#tree[this.#leaves + place] = place;
      this.#replay(place);
    }
    return best;
  }

  /** First turns at even distances, beginning at `phase` of the pool. */
  #spreadTurns(phase: number): void {
    const count = this.#entries.length;
    const first = Math.floor(phase * count);
    for (const [place, { load, weight }] of this.#entries.entries()) {
      load.turn = ((place - first + count) % count) / count / weight;
    }
  }

  #replay(place: number): void {
    for (let match = (this.#leaves + place) >> 1; match > 0; match >>= 1) this.#play(match);
  }

  #play(match: number): void {
    const a = this.#tree[2 * match] ?? NOBODY;
    const b = this.#tree[2 * match + 1] ?? NOBODY;
    this.#tree[match] = this.#wins(a, b) ? a : b;
  }

  /** Lower cost, then the earlier turn, then the earlier place (`a` is always left of `b`). */
  #wins(a: number, b: number): boolean {
    const left = this.#entries[a];
    const right = this.#entries[b];
    if (left === undefined || right === undefined) return left !== undefined;
    // Crosswise instead of divided, so that equal costs are found equal.
    const cost = requestsCounted(left.load) * right.weight - requestsCounted(right.load) * left.weight;
    return cost === 0 ? left.load.turn <= right.load.turn : cost < 0;
  }
}

function requestsCounted(load: BackendLoad): number {
  const inFlight = load.own + load.others;
  return inFlight === 0 ? 0 : inFlight + 1;
}
