/**
 * Which backend a client address belongs to: weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after
 * Schindelhauer and Schomaker 2005). Every process and host gives the same answer whatever the order of backends, and a
 * backend that leaves or comes moves only its own clients.
 *
 * Scoring all backends costs O(n), so answers are kept as long as neither backends nor weights change: in two
 * generations, of which the older is dropped when the younger is full.
 */
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';
import { fnv1a64, unitOf } from './hash.js';

/** Addresses kept per generation and pool. */
export const MAX_KEPT_ADDRESSES = 4_096;

export class AddressHash {
  readonly #serving: readonly BackendEntry[];
  /** From client to index in `serving`. */
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(serving: readonly BackendEntry[], previous: AddressHash | null) {
    this.#serving = serving;
    if (previous === null || !sameBackends(serving, previous.#serving)) return;
    this.#young = previous.#young;
    this.#old = previous.#old;
  }

  /** The untried backend to which `client` (an address or network, in one notation) belongs, or `null`. */
  of(client: string, tried: readonly BackendEntry[]): BackendEntry | null {
    const kept = this.#serving[this.#young.get(client) ?? this.#old.get(client) ?? -1];
    if (kept !== undefined && !isTried(tried, kept)) return kept;
    const place = this.#best(client, tried);
    if (place >= 0 && tried.length === 0) this.#keep(client, place);
    return this.#serving[place] ?? null;
  }

  #keep(client: string, place: number): void {
    if (this.#young.size >= MAX_KEPT_ADDRESSES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(client, place);
  }

  /** Index of the untried backend with the highest score, -1 without one. */
  #best(client: string, tried: readonly BackendEntry[]): number {
    const key = fnv1a64(client);
    let best = -1;
    let bestScore = 0;
    for (const [place, entry] of this.#serving.entries()) {
      const score = entry.weight / -Math.log(unitOf(key, entry.hash));
      if (score <= bestScore || isTried(tried, entry)) continue;
      best = place;
      bestScore = score;
    }
    return best;
  }
}

function sameBackends(a: readonly BackendEntry[], b: readonly BackendEntry[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((entry, i) => entry.id === b[i]?.id && entry.weight === b[i]?.weight);
}
