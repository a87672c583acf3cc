/**
 * What has been observed of backends since this primary started: runs of check results, outcome windows, trial
 * permits. Volatile: no event carries it, a restart empties it. Immutable all the same, so that `decide` stays a
 * function; a steady state answers the same object.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { CheckResult } from './commands.js';
import type { OutcomeBucket } from './events.js';

/** A permit that is out. It comes back by the worker's report, its worker's end, or its expiry. */
export interface OutstandingPermit {
  readonly permit: number;
  readonly worker: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
}

/** Trials of one half-open phase. */
export interface TrialObservations {
  readonly permits: readonly OutstandingPermit[];
  readonly successes: number;
  /** Worker that is next in turn for a permit. */
  readonly turn: number;
}

export interface BackendObservations {
  readonly generation: number;
  /** The present run of equal check results, oldest first, no longer than the larger threshold. */
  readonly checks: readonly CheckResult[];
  /** When connect failures of real traffic last counted as a failed check. */
  readonly passiveFailureAt: number;
  /** Outcomes by second, oldest first, no older than the breaker's window. */
  readonly window: readonly OutcomeBucket[];
  readonly trials: TrialObservations | null;
}

export interface Observations {
  readonly pools: ReadonlyMap<PoolId, ReadonlyMap<BackendId, BackendObservations>>;
  /** Workers that forward, in the order in which they became ready. */
  readonly workers: readonly number[];
  /** Number of the next permit. */
  readonly nextPermit: number;
}

export function initialObservations(): Observations {
  return { pools: new Map(), workers: [], nextPermit: 1 };
}
