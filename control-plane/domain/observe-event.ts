/**
 * What events do to observations: a transition forgets what led to it, so that nothing counts twice; what is removed
 * is forgotten. Observations that come without events (a failed check, a success) are added where they are decided on.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { EventOf, TidegateEvent } from './events.js';
import {
  initialObservations,
  withPoolObservations,
  type BackendObservations,
  type Observations,
} from './observations.js';
import { PersistentMap } from './persistent-map.js';

export function observeEvent(observations: Observations, event: TidegateEvent): Observations {
  switch (event.type) {
    case 'PrimaryStarted':
      return initialObservations(event.epoch);
    case 'PoolRemoved':
      return forgetPool(observations, event.pool);
    case 'PoolSettingsChanged':
      return forgetUnset(observations, event);
    case 'BackendRemoved':
      return change(observations, event, () => null);
    case 'BackendBecameHealthy':
    case 'BackendBecameUnhealthy':
      return change(observations, event, (seen) => ({ ...seen, checks: [] }));
    case 'BreakerOpened':
    case 'BreakerHalfOpened':
    case 'BreakerClosed':
      return change(observations, event, forgetOutcomes);
    case 'WorkerReady':
      return { ...observations, workers: [...observations.workers, event.data.worker] };
    case 'WorkerExited':
      return forgetWorker(observations, event.data.worker);
    case 'PrimaryStopped':
    case 'ConfigApplied':
    case 'ConfigRejected':
    case 'ForwardingChanged':
    case 'RoutesChanged':
    case 'PoolAdded':
    case 'BackendAdded':
    case 'BackendOriginChanged':
    case 'WeightChanged':
    case 'MaxConnectionsChanged':
    case 'AdminStateChanged':
    case 'BackendResolved':
    case 'PanicEntered':
    case 'PanicLeft':
    case 'WorkerStarted':
    case 'CertificateLoaded':
    case 'CertificateRejected':
    case 'EventsLost':
      return observations;
  }
}

/** Permits stay out while their trials run, but no result of an earlier phase counts in a later one. */
function forgetOutcomes(seen: BackendObservations): BackendObservations {
  const { trials } = seen;
  if (trials === null) return { ...seen, window: [] };
  const permits = trials.permits.map((permit) => (permit.spent ? permit : { ...permit, spent: true }));
  return { ...seen, window: [], trials: { ...trials, permits, successes: 0 } };
}

function forgetPool(observations: Observations, pool: PoolId | undefined): Observations {
  if (pool === undefined || !observations.pools.has(pool)) return observations;
  return { ...observations, pools: PersistentMap.from(observations.pools).without(pool) };
}

/** Runs of a check that is gone, and windows of a breaker that is gone, mean nothing if they come back. */
function forgetUnset(observations: Observations, event: EventOf<'PoolSettingsChanged'>): Observations {
  const { healthCheck, breaker } = event.data.settings;
  const seen = event.pool === undefined ? undefined : observations.pools.get(event.pool);
  if (event.pool === undefined || seen === undefined || (healthCheck !== null && breaker !== null)) {
    return observations;
  }
  const kept: [BackendId, BackendObservations][] = [];
  for (const [backend, before] of seen) {
    const checked = healthCheck === null ? { ...before, checks: [], passiveFailureAt: null } : before;
    kept.push([backend, breaker === null ? { ...checked, window: [] } : checked]);
  }
  return withPoolObservations(observations, event.pool, PersistentMap.from(kept));
}

function forgetWorker(observations: Observations, worker: number): Observations {
  const workers = observations.workers.filter((ready) => ready !== worker);
  let left: Observations = { ...observations, workers };
  for (const [pool, backends] of observations.pools) {
    let kept = PersistentMap.from(backends);
    for (const [backend, seen] of backends) {
      if (seen.trials === null || !seen.trials.permits.some((permit) => permit.worker === worker)) continue;
      const permits = seen.trials.permits.filter((permit) => permit.worker !== worker);
      kept = kept.with(backend, { ...seen, trials: { ...seen.trials, permits } });
    }
    if (kept !== backends) left = withPoolObservations(left, pool, kept);
  }
  return left;
}

function change(
  observations: Observations,
  event: TidegateEvent,
  next: (seen: BackendObservations) => BackendObservations | null,
): Observations {
  if (event.pool === undefined || event.backend === undefined) return observations;
  const backends = observations.pools.get(event.pool);
  const seen = backends?.get(event.backend);
  if (backends === undefined || seen === undefined) return observations;
  const after = next(seen);
  const all = PersistentMap.from(backends);
  const { pool, backend } = event;
  return withPoolObservations(
    observations,
    pool,
    after === null ? all.without(backend) : all.with(backend, after),
  );
}
