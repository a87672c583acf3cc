/**
 * What events do to observations: a transition forgets what led to it, so that nothing counts twice; what is removed
 * is forgotten. Observations that come without events (a failed check, a success) are added where they are decided on.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { EventOf, TidegateEvent } from './events.js';
import { initialObservations, type BackendObservations, type Observations } from './observations.js';
import { ownMap, type Owned } from './owned.js';

export function observeEvent(observations: Observations, event: TidegateEvent, owned: Owned): Observations {
  switch (event.type) {
    case 'PrimaryStarted':
      return initialObservations(event.epoch);
    case 'PoolRemoved':
      return forgetPool(observations, event.pool, owned);
    case 'PoolSettingsChanged':
      return forgetUnset(observations, event, owned);
    case 'BackendRemoved':
      return change(observations, event, owned, () => null);
    case 'BackendBecameHealthy':
    case 'BackendBecameUnhealthy':
      return change(observations, event, owned, (seen) => ({ ...seen, checks: [] }));
    case 'BreakerOpened':
    case 'BreakerHalfOpened':
    case 'BreakerClosed':
      return change(observations, event, owned, forgetOutcomes);
    case 'WorkerReady':
      return { ...observations, workers: [...observations.workers, event.data.worker] };
    case 'WorkerExited':
      return forgetWorker(observations, event.data.worker, owned);
    case 'PrimaryStopped':
    case 'ConfigApplied':
    case 'ConfigRejected':
    case 'ForwardingChanged':
    case 'RoutesChanged':
    case 'PoolAdded':
    case 'BackendAdded':
    case 'BackendOriginChanged':
    case 'WeightChanged':
    case 'AdminStateChanged':
    case 'PanicEntered':
    case 'PanicLeft':
    case 'WorkerStarted':
    case 'CertificateLoaded':
    case 'CertificateRejected':
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

function forgetPool(observations: Observations, pool: PoolId | undefined, owned: Owned): Observations {
  if (pool === undefined || !observations.pools.has(pool)) return observations;
  const pools = ownMap(observations.pools, owned);
  pools.delete(pool);
  return { ...observations, pools };
}

/** Runs of a check that is gone, and windows of a breaker that is gone, mean nothing if they come back. */
function forgetUnset(
  observations: Observations,
  event: EventOf<'PoolSettingsChanged'>,
  owned: Owned,
): Observations {
  const { healthCheck, breaker } = event.data.settings;
  const seen = event.pool === undefined ? undefined : observations.pools.get(event.pool);
  if (event.pool === undefined || seen === undefined || (healthCheck !== null && breaker !== null)) {
    return observations;
  }
  const kept = new Map<BackendId, BackendObservations>();
  for (const [backend, before] of seen) {
    const checked = healthCheck === null ? { ...before, checks: [], passiveFailureAt: null } : before;
    kept.set(backend, breaker === null ? { ...checked, window: [] } : checked);
  }
  owned.add(kept);
  return { ...observations, pools: ownMap(observations.pools, owned).set(event.pool, kept) };
}

function forgetWorker(observations: Observations, worker: number, owned: Owned): Observations {
  const workers = observations.workers.filter((ready) => ready !== worker);
  let pools = observations.pools;
  for (const [pool, backends] of observations.pools) {
    for (const [backend, seen] of backends) {
      if (seen.trials === null || !seen.trials.permits.some((permit) => permit.worker === worker)) continue;
      const permits = seen.trials.permits.filter((permit) => permit.worker !== worker);
      const changed = { ...seen, trials: { ...seen.trials, permits } };
      const mine: ReadonlyMap<BackendId, BackendObservations> = pools.get(pool) ?? backends;
      pools = ownMap(pools, owned).set(pool, ownMap(mine, owned).set(backend, changed));
    }
  }
  return { ...observations, workers, pools };
}

function change(
  observations: Observations,
  event: TidegateEvent,
  owned: Owned,
  next: (seen: BackendObservations) => BackendObservations | null,
): Observations {
  if (event.pool === undefined || event.backend === undefined) return observations;
  const backends = observations.pools.get(event.pool);
  const seen = backends?.get(event.backend);
  if (backends === undefined || seen === undefined) return observations;
  const changed = ownMap(backends, owned);
  const after = next(seen);
  if (after === null) changed.delete(event.backend);
  else changed.set(event.backend, after);
  return { ...observations, pools: ownMap(observations.pools, owned).set(event.pool, changed) };
}
