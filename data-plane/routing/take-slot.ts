/**
 * A pick that takes a slot. The slot counts against its backend's limit at once, so that no other request can take it while
 * a session store is asked. The caller releases each slot by one `attemptFinished`.
 */
import type { Random } from '#shared/ports.js';
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';
import { attemptStarted, pick, pickBound, pickFreed } from './pick.js';
import type { PoolTable } from './pool-table.js';
import type { Pick, PickOptions } from './waiter.js';

export type { PickOptions, Refusal } from './waiter.js';

/** `pick`, and the slot. */
export function takeSlot(pool: PoolTable, tried: readonly BackendEntry[], random: Random): Pick | null {
  return taken(pick(pool, tried, random));
}

/** `pickBound`, and the slot. */
export function takeBoundSlot(
  pool: PoolTable,
  bound: BackendEntry,
  tried: readonly BackendEntry[],
): Pick | null {
  return taken(pickBound(pool, bound, tried));
}

/** `pickFreed`, and the slot. */
export function takeFreedSlot(pool: PoolTable, freed: BackendEntry): Pick | null {
  return taken(pickFreed(pool, freed));
}

/** A slot at the bound backend. Where that backend may not serve the session any more, a slot at any. */
export function takeSlotFor(pool: PoolTable, options: PickOptions, random: Random): Pick | null {
  const bound = boundIn(pool, options);
  return bound === null ? takeSlot(pool, options.tried, random) : takeBoundSlot(pool, bound, options.tried);
}

/** Whether there is a backend that lacks nothing but a free slot. To be asked when no slot could be taken. */
export function isBusy(pool: PoolTable, options: PickOptions): boolean {
  if (boundIn(pool, options) !== null) return true;
  // Of more than were tried, one was not.
  return (
    pool.serving.length > options.tried.length || pool.serving.some((entry) => !isTried(options.tried, entry))
  );
}

/** The entry of the session's backend, if that may serve the session and was not tried. */
export function boundIn(pool: PoolTable, { bound, tried }: PickOptions): BackendEntry | null {
  const entry = bound === null ? undefined : pool.byId.get(bound);
  return entry !== undefined && entry.keepsSessions && !isTried(tried, entry) ? entry : null;
}

function taken(chosen: Pick | null): Pick | null {
  if (chosen !== null) attemptStarted(chosen.backend);
  return chosen;
}
