/**
 * The permits for trials that this worker holds. One ledger outlives all routing tables, so that a permit is used or
 * returned once, however tables and picks come between each other. A primary counts permits as long as it lives,
 * which is as long as its workers live: a number that left the snapshots does not come back.
 */
import { type SnapshotPosition, TRIAL_PERMIT_USE_MS, type TrialPermit } from '#shared/snapshot.js';
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';
import { hasSlot } from './backend-load.js';

/** Held: may be used. Spent: was used, is to be returned, or is no longer in the snapshots. */
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
  /** Withdrawn unused, and not yet handed out to be returned. */
  withdrawn: TrialReturn[];
}

/** The permits of one pool that may still be used, in the order of the snapshot. */
export type TrialQueue = Permit[];

export function emptyLedger(): TrialLedger {
  return { epoch: 0, permits: new Map(), withdrawn: [] };
}

/**
 * Takes over what a newer snapshot says. New permits are held from `at` on; permits that are spent or gone can no longer be
 * used. The primary counts a permit as outstanding until it is returned. So permits that were withdrawn before use, or before
 * this worker saw them, are returned. Permits of an earlier epoch are dropped, because the new primary never issued them.
 */
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
    if (ledger.epoch !== position.epoch) {
      this.#forget();
      ledger.withdrawn = [];
    }
    ledger.epoch = position.epoch;
    ledger.permits = new Map();
  }

  /** To be called for each backend: takes over its permits, the usable ones into the queue of its pool. */
  collect(backend: BackendEntry, permits: readonly TrialPermit[], queue: TrialQueue): void {
    for (const { permit, worker, spent } of permits) {
      if (worker !== this.#worker) continue;
      const known = this.#keep(backend, permit);
      if (spent === true) this.#withdraw(known);
      // Permits of other backends lie unused until they are returned.
      else if (backend.takesTrials && known.state === 'held') queue.push(known);
    }
  }

  /** To be called once, after the last backend. */
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
    for (const permit of this.#before.values()) this.#withdraw(permit);
    this.#before.clear();
  }

  /** From now on the permit cannot be used. A used permit was reported, or is reported when its trial is over. */
  #withdraw(permit: Permit): void {
    if (permit.state === 'spent') return;
    permit.state = 'spent';
    this.#ledger.withdrawn.push({ backend: permit.backend, permit: permit.permit });
  }
}

/** Uses the first permit whose backend was not tried yet and has a free slot. */
export function useNextPermit(queue: TrialQueue, tried: readonly BackendEntry[]): TrialReturn | null {
  return usePermit(queue, (backend) => hasSlot(backend.load) && !isTried(tried, backend));
}

/** Uses a permit for this very backend, if there is one. */
export function usePermitFor(queue: TrialQueue, backend: BackendEntry): TrialReturn | null {
  return usePermit(queue, ({ id }) => id === backend.id);
}

/** Hands out, once, the permits held unused for `TRIAL_PERMIT_USE_MS`, or withdrawn unused. They can no longer be used. */
export function takeUnused(ledger: TrialLedger, at: number): TrialReturn[] {
  const unused = ledger.withdrawn;
  ledger.withdrawn = [];
  for (const permit of ledger.permits.values()) {
    if (permit.state === 'spent' || at - permit.since < TRIAL_PERMIT_USE_MS) continue;
    permit.state = 'spent';
    unused.push({ backend: permit.backend, permit: permit.permit });
  }
  return unused;
}

function usePermit(queue: TrialQueue, suits: (backend: BackendEntry) => boolean): TrialReturn | null {
  // Nearly always; making the iterator below costs more than the rest of a pick.
  if (queue.length === 0) return null;
  for (const [place, permit] of queue.entries()) {
    // Used under another table or returned: the permit stays here until the next table.
    if (permit.state === 'spent' || !suits(permit.backend)) continue;
    permit.state = 'spent';
    queue.splice(place, 1);
    return { backend: permit.backend, permit: permit.permit };
  }
  return null;
}
