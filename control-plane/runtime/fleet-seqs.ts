/**
 * Remembers, for each of the newest snapshots, the last event of the fleet's log that it contains. Thus the version that a
 * worker has applied tells how far the worker is.
 */

/** How many snapshots are remembered. Workers are at most a few snapshots behind. */
const MAX_REMEMBERED = 64;

export class FleetSeqs {
  readonly #seqs = new Map<number, number | null>();

  published(version: number, seq: number | null): void {
    this.#seqs.set(version, seq);
    if (this.#seqs.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#seqs.keys();
    if (oldest !== undefined) this.#seqs.delete(oldest);
  }

  /** Number of the event in the fleet's log; `null` if the snapshot is too old or this host belongs to no fleet. */
  of(version: number): number | null {
    return this.#seqs.get(version) ?? null;
  }
}
