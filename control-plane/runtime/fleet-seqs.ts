/** Which event of the fleet's log each of the newest snapshots contains, so that it can be told how far a worker is. */

/** Snapshots that are remembered: workers are at most some behind. */
const MAX_REMEMBERED = 64;

export class FleetSeqs {
  readonly #seqs = new Map<number, number | null>();

  published(version: number, seq: number | null): void {
    this.#seqs.set(version, seq);
    if (this.#seqs.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#seqs.keys();
    if (oldest !== undefined) this.#seqs.delete(oldest);
  }

  /** `null`: it is too old to tell, or this host belongs to no fleet. */
  of(version: number): number | null {
    return this.#seqs.get(version) ?? null;
  }
}
