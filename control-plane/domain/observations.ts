/**
 * What was observed of backends since this primary started: runs of check results, outcome windows, trial permits.
 * Observations are volatile: no event carries them, and a restart empties them. They are immutable, because `decide` is a
 * function. If nothing changes, the same object is returned.
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
  /** The result of the permit is known or came too late to count. The permit only has to be returned. */
  spent: flag,
});

/** An outstanding permit. It returns by the worker's report, by the end of the worker, or by its expiry. */
export interface OutstandingPermit extends TypeOf<typeof outstandingPermit> {}

const trialObservations = object({
  permits: list(outstandingPermit, MAX_STORED_LIST),
  /** Successful trials in the present half-open phase. */
  successes: count,
  /** The worker that got the last permit; the next permit goes to the following worker. `null` if none was granted. */
  lastWorker: nullable(workerId),
});

/** Trials of a backend. Permits outlive the half-open phase in which they were granted, because their trials do. */
interface TrialObservations extends TypeOf<typeof trialObservations> {}

export const backendObservations = object({
  generation: count,
  /**
   * The run of check results that contradicts the present health, oldest first. It is always shorter than the threshold.
   * Empty while checks confirm the health.
   */
  checks: list(checkResult, MAX_STORED_LIST),
  /** When connect failures of real traffic last counted as a failed check, in milliseconds since 1970; `null` if never. */
  passiveFailureAt: nullable(time),
  /** Outcomes per second, oldest first. When it was last added to, none was older than the breaker's window. */
  window: list(outcomeBucket, MAX_STORED_LIST),
  trials: nullable(trialObservations),
});

export interface BackendObservations extends TypeOf<typeof backendObservations> {}

export interface Observations {
  /** Contains only backends with something to remember. */
  readonly pools: ReadonlyMap<PoolId, ReadonlyMap<BackendId, BackendObservations>>;
  /** Workers that forward, in the order in which they became ready. */
  readonly workers: readonly WorkerId[];
  /**
   * Number of the next permit. Each process counts from 1, because its workers end with it. Within a process no number is
   * used twice, so a late report about an older permit has no effect.
   */
  readonly nextPermit: number;
}

/** The observations at the start of a process. */
export function initialObservations(): Observations {
  return { pools: PersistentMap.empty(), workers: [], nextPermit: 1 };
}

export function blankObservations(generation: number): BackendObservations {
  return { generation, checks: [], passiveFailureAt: null, window: [], trials: null };
}

export const NO_TRIALS: TrialObservations = { permits: [], successes: 0, lastWorker: null };

/** Replaces the observations of one backend. */
export function withObservations(
  observations: Observations,
  pool: PoolId,
  backend: BackendId,
  seen: BackendObservations,
): Observations {
  const backends = observations.pools.get(pool) ?? PersistentMap.empty<BackendId, BackendObservations>();
  return withPoolObservations(observations, pool, PersistentMap.from(backends).with(backend, seen));
}

/** Replaces the observations of one pool. */
export function withPoolObservations(
  observations: Observations,
  pool: PoolId,
  backends: ReadonlyMap<BackendId, BackendObservations>,
): Observations {
  return { ...observations, pools: PersistentMap.from(observations.pools).with(pool, backends) };
}
