/**
 * What has been observed of backends since this primary started: runs of check results, outcome windows, trial
 * permits. Volatile: no event carries it, a restart empties it. Immutable all the same, so that `decide` stays a
 * function; a steady state answers the same object.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import { count } from '#shared/shape-settings.js';
import { flag, list, nullable, object, type TypeOf } from '#shared/shape.js';
import { checkResult, outcomeBucket } from './evidence.js';
import { PersistentMap } from './persistent-map.js';
import { MAX_STORED_LIST, time } from './stored-shapes.js';
import { workerId, type WorkerId } from './worker-id.js';

const outstandingPermit = object({
  permit: count,
  worker: workerId,
  grantedAt: time,
  expiresAt: time,
  /** Its result is known, or came too late to count: all that is left of it is to come back. */
  spent: flag,
});

/** A permit that is out. It comes back by the worker's report, its worker's end, or its expiry. */
export interface OutstandingPermit extends TypeOf<typeof outstandingPermit> {}

const trialObservations = object({
  permits: list(outstandingPermit, MAX_STORED_LIST),
  /** Successful trials of the present half-open phase. */
  successes: count,
  /** Worker that had the last permit; the next one in order is next in turn. `null`: none had any. */
  lastWorker: nullable(workerId),
});

/** Trials of a backend. Permits outlive the half-open phase they were granted in, as the trials they stand for do. */
interface TrialObservations extends TypeOf<typeof trialObservations> {}

export const backendObservations = object({
  generation: count,
  /**
   * The run of check results that speaks against the present health, oldest first, always shorter than the threshold
   * that would decide. Empty while checks confirm what is known.
   */
  checks: list(checkResult, MAX_STORED_LIST),
  /** When connect failures of real traffic last counted as a failed check; `null`: never. */
  passiveFailureAt: nullable(time),
  /** Outcomes by second, oldest first, no older than the breaker's window when last added to. */
  window: list(outcomeBucket, MAX_STORED_LIST),
  trials: nullable(trialObservations),
});

export interface BackendObservations extends TypeOf<typeof backendObservations> {}

export interface Observations {
  /** Only backends of which there is something to remember. */
  readonly pools: ReadonlyMap<PoolId, ReadonlyMap<BackendId, BackendObservations>>;
  /** Workers that forward, in the order in which they became ready. */
  readonly workers: readonly WorkerId[];
  /**
   * Number of the next permit. Counted from 1 by each process, because its workers end with it, and never anew within it:
   * a worker's late word on an older permit then means nothing.
   */
  readonly nextPermit: number;
}

/** What a process begins with. */
export function initialObservations(): Observations {
  return { pools: PersistentMap.empty(), workers: [], nextPermit: 1 };
}

export function blankObservations(generation: number): BackendObservations {
  return { generation, checks: [], passiveFailureAt: null, window: [], trials: null };
}

export const NO_TRIALS: TrialObservations = { permits: [], successes: 0, lastWorker: null };

/** The observations with these of one backend in the place of what was remembered of it. */
export function withObservations(
  observations: Observations,
  pool: PoolId,
  backend: BackendId,
  seen: BackendObservations,
): Observations {
  const backends = observations.pools.get(pool) ?? PersistentMap.empty<BackendId, BackendObservations>();
  return withPoolObservations(observations, pool, PersistentMap.from(backends).with(backend, seen));
}

/** The observations with these of one pool. */
export function withPoolObservations(
  observations: Observations,
  pool: PoolId,
  backends: ReadonlyMap<BackendId, BackendObservations>,
): Observations {
  return { ...observations, pools: PersistentMap.from(observations.pools).with(pool, backends) };
}
