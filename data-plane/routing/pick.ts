/**
 * Which backend an attempt goes to: one that has a free slot. Never waits: where a permit, a slot or a backend is missing, the
 * answer is another one or `null`.
 */
import type { Random } from '#shared/ports.js';
import type { BackendEntry } from './backend-entry.js';
import { hasSlot, loadFinished, loadStarted } from './backend-load.js';
import type { PoolTable } from './pool-table.js';
import {
  type TrialLedger,
  type TrialReturn,
  takeUnused,
  useNextPermit,
  usePermitFor,
} from './trial-permits.js';
import type { Pick } from './waiter.js';

export type { TrialReturn } from './trial-permits.js';
export type { Pick } from './waiter.js';

/**
 * A backend for new traffic, or `null` when none may take it. A first attempt goes to a half-open backend where this
 * worker holds a permit; a further one only when nothing else is left, since its request already failed once.
 */
export function pick(pool: PoolTable, tried: readonly BackendEntry[], random: Random): Pick | null {
  if (pool.panic) {
    const backend = next(pool, tried, random);
    return backend === null ? null : { backend, permit: permitOf(pool, backend) };
  }
  const trial = tried.length === 0 ? useNextPermit(pool.trials, tried) : null;
  if (trial !== null) return trial;
  const backend = next(pool, tried, random);
  return backend === null ? useNextPermit(pool.trials, tried) : { backend, permit: null };
}

function next(pool: PoolTable, tried: readonly BackendEntry[], random: Random): BackendEntry | null {
  return pool.withSlot.count === 0 ? null : pool.picker.next(tried, random);
}

/** Like `pick`, where only `freed` comes into question: it has a free slot again. */
export function pickFreed(pool: PoolTable, freed: BackendEntry): Pick | null {
  const permit = permitOf(pool, freed);
  return freed.serves || permit !== null ? { backend: freed, permit } : null;
}

/**
 * The backend that a sticky session is bound to, if it may serve the session now; otherwise `null`, and the session
 * moves, or waits if nothing but a slot is missing. A half-open backend takes its own sessions as trials while this worker
 * holds permits.
 */
export function pickBound(pool: PoolTable, bound: BackendEntry, tried: readonly BackendEntry[]): Pick | null {
  if (!hasSlot(bound.load) || tried.some(({ id }) => id === bound.id)) return null;
  const permit = permitOf(pool, bound);
  return bound.keepsSessions || permit !== null ? { backend: bound, permit } : null;
}

/** To be called once per attempt, before anything is sent… */
export function attemptStarted(backend: BackendEntry): void {
  loadStarted(backend.load);
}

/** …and once when it is over, however it ended. Throws when called more often than `attemptStarted`: a bug. */
export function attemptFinished(backend: BackendEntry): void {
  loadFinished(backend.load);
}

/** Permits held unused for `TRIAL_PERMIT_USE_MS`: each is handed out once, to be reported as returned. */
export function takeUnusedPermits(table: { readonly ledger: TrialLedger }, at: number): TrialReturn[] {
  return takeUnused(table.ledger, at);
}

function permitOf(pool: PoolTable, backend: BackendEntry): number | null {
  return backend.takesTrials ? (usePermitFor(pool.trials, backend)?.permit ?? null) : null;
}
