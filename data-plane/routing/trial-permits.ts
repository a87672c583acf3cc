/**
 * The permits for trials that this worker holds. One ledger outlives all routing tables, so that a permit is used or
 * returned once, however tables and picks come between each other. The primary counts permits per epoch; a number
 * that left the snapshots does not come back within it.
 */
import type { PoolSnapshot, SnapshotPosition } from '#shared/snapshot.js';
import { TRIAL_PERMIT_USE_MS } from '#shared/snapshot.js';
import type { BackendId } from '#shared/ids.js';
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';

/** Held: may be used. Spent: used, returned, or no longer in the snapshots. */
interface Permit {
  readonly permit: number;
  readonly since: number;
  backend: BackendEntry;
  state: 'held' | 'spent';
}

/** A permit that goes back to the primary unused. */
export interface TrialReturn {
  readonly backend: BackendEntry;
  readonly permit: number;
}

export interface TrialLedger {
  epoch: number;
  /** By pool, backend, generation and number: all permits of this worker in the newest snapshot. */
  permits: Map<string, Permit>;
}

/** The permits of one pool that may still be used, in the order of the snapshot. */
export type TrialQueue = Permit[];

export function emptyLedger(): TrialLedger {
  return { epoch: 0, permits: new Map() };
}

/** Takes over what a newer snapshot says: new permits are held from `at` on, those that are gone can no longer be used. */
export class LedgerUpdate {
  readonly #ledger: TrialLedger;
  readonly #worker: number;
  readonly #at: number;
  readonly #before: Map<string, Permit>;

  constructor(ledger: TrialLedger, position: SnapshotPosition, options: { worker: number; at: number }) {
    this.#ledger = ledger;
    this.#worker = options.worker;
    this.#at = options.at;
    this.#before = ledger.permits;
    if (ledger.epoch !== position.epoch) this.#forget();
    ledger.epoch = position.epoch;
    ledger.permits = new Map();
  }

  /** The usable permits of one pool. */
  queueFor(pool: PoolSnapshot, entries: ReadonlyMap<BackendId, BackendEntry>): TrialQueue {
    const queue: TrialQueue = [];
    for (const { id, permits } of pool.backends) {
      const backend = entries.get(id);
      if (backend === undefined) continue;
      for (const { permit, worker } of permits) {
        if (worker === this.#worker) queue.push(this.#keep(backend, permit));
      }
    }
    // Weight 0 means no new traffic, a trial included: such permits lie until they are returned.
    return queue.filter(({ state, backend }) => state === 'held' && backend.weight > 0);
  }

  /** To be called once, after the last pool. */
  finish(): void {
    this.#forget();
  }

  #keep(backend: BackendEntry, permit: number): Permit {
    const key = `${backend.pool}/${backend.id}/${backend.generation}/${permit}`;
    const known = this.#before.get(key) ?? { permit, since: this.#at, backend, state: 'held' as const };
    known.backend = backend;
    this.#before.delete(key);
    this.#ledger.permits.set(key, known);
    return known;
  }

  #forget(): void {
    for (const permit of this.#before.values()) permit.state = 'spent';
    this.#before.clear();
  }
}

/** Uses the first permit whose backend was not tried yet. */
export function useNextPermit(queue: TrialQueue, tried: readonly BackendEntry[]): TrialReturn | null {
  return usePermit(queue, (backend) => !isTried(tried, backend));
}

/** Uses a permit for this very backend, if there is one. */
export function usePermitFor(queue: TrialQueue, backend: BackendEntry): TrialReturn | null {
  return usePermit(queue, ({ id }) => id === backend.id);
}

/** Hands out, once, the permits that were held unused for `TRIAL_PERMIT_USE_MS`. They can no longer be used. */
export function takeUnused(ledger: TrialLedger, at: number): TrialReturn[] {
  const unused: TrialReturn[] = [];
  for (const permit of ledger.permits.values()) {
    if (permit.state === 'spent' || at - permit.since < TRIAL_PERMIT_USE_MS) continue;
    permit.state = 'spent';
    unused.push({ backend: permit.backend, permit: permit.permit });
  }
  return unused;
}

function usePermit(queue: TrialQueue, suits: (backend: BackendEntry) => boolean): TrialReturn | null {
  for (let i = 0; i < queue.length;) {
    const permit = queue[i];
    if (permit === undefined || permit.state === 'spent') {
      queue.splice(i, 1);
    } else if (suits(permit.backend)) {
      permit.state = 'spent';
      queue.splice(i, 1);
      return { backend: permit.backend, permit: permit.permit };
    } else {
      i += 1;
    }
  }
  return null;
}
