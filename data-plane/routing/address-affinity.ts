/**
 * Which backend a client address belongs to: weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after
 * Schindelhauer and Schomaker 2005). Every process and host gives the same answer whatever the order of backends, and a
 * backend that leaves or comes moves only its own clients.
 *
 * Scoring all backends costs O(n), so answers are kept: in two generations, of which the older is dropped when the
 * younger is full.
 */
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';
import { fnv1a64, unitOf } from './hash.js';

/** Addresses kept per generation, pool and table. */
export const MAX_KEPT_ADDRESSES = 4_096;

export class AddressAffinity {
  readonly #serving: readonly BackendEntry[];
  #young = new Map<string, BackendEntry>();
  #old = new Map<string, BackendEntry>();

  constructor(serving: readonly BackendEntry[]) {
    this.#serving = serving;
  }

  /** The untried backend to which `client` (an address or network, in one notation) belongs, or `null`. */
  of(client: string, tried: readonly BackendEntry[]): BackendEntry | null {
    const kept = this.#young.get(client) ?? this.#old.get(client);
    if (kept !== undefined && !isTried(tried, kept)) return kept;
    const best = this.#score(client, tried);
    if (best !== null && tried.length === 0) this.#keep(client, best);
    return best;
  }

  #keep(client: string, backend: BackendEntry): void {
    if (this.#young.size >= MAX_KEPT_ADDRESSES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(client, backend);
  }

  #score(client: string, tried: readonly BackendEntry[]): BackendEntry | null {
    const key = fnv1a64(client);
    let best: BackendEntry | null = null;
    let bestScore = -1;
    for (const entry of this.#serving) {
      const score = entry.weight / -Math.log(unitOf(key, entry.hash));
      // Names settle what hardly happens, so that the order of the snapshot never does.
      const isBetter = score > bestScore || (score === bestScore && best !== null && entry.id < best.id);
      if (!isBetter || isTried(tried, entry)) continue;
      best = entry;
      bestScore = score;
    }
    return best;
  }
}
