/**
 * A pick together with the slot that it takes: what is claimed counts against its backend's limit at once, so that no other
 * request can take the same slot while a session store is asked. Whoever has a claim owes one `attemptFinished`.
 */
import type { Random } from '#shared/ports.js';
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';
import { attemptStarted, pick, pickBound, pickFreed } from './pick.js';
import type { PoolTable } from './pool-table.js';
import type { Pick, Want } from './want.js';

export type { Refusal, Want } from './want.js';

/** `pick`, claimed. */
export function claim(pool: PoolTable, tried: readonly BackendEntry[], random: Random): Pick | null {
  return claimed(pick(pool, tried, random));
}

/** `pickBound`, claimed. */
export function claimBound(
  pool: PoolTable,
  bound: BackendEntry,
  tried: readonly BackendEntry[],
): Pick | null {
  return claimed(pickBound(pool, bound, tried));
}

/** `pickFreed`, claimed. */
export function claimFreed(pool: PoolTable, freed: BackendEntry): Pick | null {
  return claimed(pickFreed(pool, freed));
}

/** What is wanted, claimed: a session whose backend may not serve it any more goes anywhere. */
export function claimWanted(pool: PoolTable, want: Want, random: Random): Pick | null {
  const bound = boundIn(pool, want);
  return bound === null ? claim(pool, want.tried, random) : claimBound(pool, bound, want.tried);
}

/** Whether what is wanted is there and lacks nothing but room. To be asked when it could not be claimed. */
export function isBusy(pool: PoolTable, want: Want): boolean {
  if (boundIn(pool, want) !== null) return true;
  // Of more than were tried, one was not.
  return pool.serving.length > want.tried.length || pool.serving.some((entry) => !isTried(want.tried, entry));
}

/** The entry of the session's backend, if that may serve the session and was not tried. */
export function boundIn(pool: PoolTable, { bound, tried }: Want): BackendEntry | null {
  const entry = bound === null ? undefined : pool.byId.get(bound);
  return entry !== undefined && entry.keepsSessions && !isTried(tried, entry) ? entry : null;
}

function claimed(chosen: Pick | null): Pick | null {
  if (chosen !== null) attemptStarted(chosen.backend);
  return chosen;
}
