/**
 * Least connections: the backend with the fewest requests in flight per weight, those of all workers counted. A backend
 * without requests costs 0, any other (requests + 1) / weight: idle backends share the rotation, busy ones are compared with
 * the new request included (HAProxy's rule for `leastconn`). Among equals the backend is next whose last turn was longest ago,
 * in proportion to weight, so an idle pool rotates instead of wearing out its first backend.
 *
 * A tournament tree: the best at once, O(log n) per pick and per change of load (Knuth, TAOCP 3, §5.4.1).
 */
import type { BackendEntry } from '../backend-entry.js';
import { type BackendLoad, hasSlot } from '../backend-load.js';
import { type Picker, type PickerStart, isTried, startingPhase } from './picker.js';

interface Player {
  readonly entry: BackendEntry;
  readonly leaf: number;
}

export class LeastConnections implements Picker {
  /** Winner of each match, `undefined` where no backend plays. The root is at 1, the leaves are the second half. */
  readonly #tree: (Player | undefined)[];
  /** The turn of the latest pick. No backend has its next turn before it. */
  #turn = 0;
  #picks = 0;

  constructor(entries: readonly BackendEntry[], start: PickerStart) {
    if (start.previous instanceof LeastConnections) {
      this.#turn = start.previous.#turn;
      this.#picks = start.previous.#picks;
    } else {
      spreadTurns(entries, startingPhase(start));
    }
    const leaves = 2 ** Math.ceil(Math.log2(Math.max(1, entries.length)));
    this.#tree = Array.from({ length: 2 * leaves }, () => undefined);
    for (const [place, entry] of entries.entries()) {
      const leaf = leaves + place;
      const player = { entry, leaf };
      this.#tree[leaf] = hasSlot(entry.load) ? player : undefined;
      entry.load.watcher = () => {
        // A full backend does not play.
        this.#tree[leaf] = hasSlot(entry.load) ? player : undefined;
        this.#replay(leaf);
      };
    }
    for (let match = leaves - 1; match > 0; match -= 1) this.#play(match);
  }

  next(tried: readonly BackendEntry[]): BackendEntry | null {
    const best = tried.length === 0 ? this.#tree[1] : this.#bestExcept(tried);
    // Once a newer table watches the loads, this one is no longer told of them.
    if (best === undefined || !hasSlot(best.entry.load)) return null;
    const { load, weight } = best.entry;
    this.#turn = Math.max(this.#turn, load.turn);
    load.turn = this.#turn + 1 / weight;
    this.#picks += 1;
    load.picked = this.#picks;
    this.#replay(best.leaf);
    return best.entry;
  }

  /** Takes the tried ones out of the tournament as long as they win it, then lets them in again. */
  #bestExcept(tried: readonly BackendEntry[]): Player | undefined {
    const out: Player[] = [];
    let best = this.#tree[1];
    while (best !== undefined && isTried(tried, best.entry)) {
      out.push(best);
      this.#tree[best.leaf] = undefined;
      this.#replay(best.leaf);
      best = this.#tree[1];
    }
    for (const player of out) {
      this.#tree[player.leaf] = player;
      this.#replay(player.leaf);
    }
    return best;
  }

  #replay(leaf: number): void {
    for (let match = leaf >> 1; match > 0; match >>= 1) this.#play(match);
  }

  #play(match: number): void {
    const left = this.#tree[2 * match];
    const right = this.#tree[2 * match + 1];
    this.#tree[match] = right === undefined || (left !== undefined && wins(left, right)) ? left : right;
  }
}

/** Lower cost, then the earlier turn, then the earlier pick, then the earlier place, which is on the left. */
function wins({ entry: left }: Player, { entry: right }: Player): boolean {
  // Crosswise instead of divided, so that equal costs are found equal.
  const difference = counted(left.load) * right.weight - counted(right.load) * left.weight;
  if (difference !== 0) return difference < 0;
  if (left.load.turn !== right.load.turn) return left.load.turn < right.load.turn;
  return left.load.picked <= right.load.picked;
}

function counted(load: BackendLoad): number {
  const inFlight = load.own + load.others;
  return inFlight === 0 ? 0 : inFlight + 1;
}

/** First turns at even distances, beginning at `phase` of the pool. */
function spreadTurns(entries: readonly BackendEntry[], phase: number): void {
  const count = entries.length;
  const first = Math.floor(phase * count);
  for (const [place, { load, weight }] of entries.entries()) {
    load.picked = 0;
    load.turn = ((place - first + count) % count) / count / weight;
  }
}
