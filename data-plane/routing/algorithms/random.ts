/**
 * Random: each pick by itself, in proportion to the weights. O(1) per pick by the alias method: M. D. Vose, "A linear
 * algorithm for generating random numbers with a given distribution", IEEE Trans. Software Eng. 17 (1991).
 */
import type { Random } from '#shared/ports.js';
import type { BackendEntry } from '../backend-entry.js';
import { hasSlot } from '../backend-load.js';
import { type Picker, isTried } from './picker.js';

/** Draws that may hit a tried or full backend before the remaining ones are weighed one by one, in O(n). */
const MAX_DRAWS = 4;

/** One of as many equal parts as there are backends, shared by two of them. */
interface Column {
  readonly own: BackendEntry;
  /** Share of the column, 0 to 1, that is `own`… */
  share: number;
  /** …and the backend that has the rest. */
  alias: BackendEntry;
}

export class WeightedRandom implements Picker {
  readonly #entries: readonly BackendEntry[];
  readonly #columns: readonly Column[];

  constructor(entries: readonly BackendEntry[]) {
    this.#entries = entries;
    this.#columns = columnsFor(entries);
  }

  next(tried: readonly BackendEntry[], random: Random): BackendEntry | null {
    for (let i = 0; i < MAX_DRAWS; i += 1) {
      // One uniform number gives both column and place in it: its whole part and its fraction are independent.
      const scaled = random() * this.#columns.length;
      const column = this.#columns[Math.floor(scaled)];
      if (column === undefined) return null;
      const entry = scaled - Math.floor(scaled) < column.share ? column.own : column.alias;
      if (hasSlot(entry.load) && !isTried(tried, entry)) return entry;
    }
    return this.#weighRest(tried, random());
  }

  #weighRest(tried: readonly BackendEntry[], uniform: number): BackendEntry | null {
    const rest = this.#entries.filter((entry) => hasSlot(entry.load) && !isTried(tried, entry));
    let left = uniform * totalWeight(rest);
    // Rounding can leave a remainder, which belongs to the last backend.
    return rest.find(({ weight }) => (left -= weight) < 0) ?? rest.at(-1) ?? null;
  }
}

/** Pairs each column that is too short with one that is too long, until all are even. */
function columnsFor(entries: readonly BackendEntry[]): Column[] {
  const total = totalWeight(entries);
  const columns = entries.map((own) => ({
    own,
    share: (own.weight * entries.length) / total,
    alias: own,
  }));
  const short = columns.filter(({ share }) => share < 1);
  const long = columns.filter(({ share }) => share >= 1);
  for (let lower = short.pop(); lower !== undefined; lower = short.pop()) {
    const upper = long.at(-1);
    // By rounding the last column may find no other to share with: it is its own alias.
    if (upper === undefined) break;
    lower.alias = upper.own;
    upper.share += lower.share - 1;
    if (upper.share < 1) {
      long.pop();
      short.push(upper);
    }
  }
  return columns;
}

function totalWeight(entries: readonly BackendEntry[]): number {
  return entries.reduce((sum, { weight }) => sum + weight, 0);
}
