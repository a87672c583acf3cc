/** Removes observations after events: those that led to a transition, and those of things that are gone. */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { PoolSettings } from '#shared/settings.js';
import type { FleetState } from './fleet-state.js';
import { withPoolObservations, type BackendObservations, type Observations } from './observations.js';
import { PersistentMap } from './persistent-map.js';
import { sameWorker, type WorkerId } from './worker-id.js';

/** The pool and backend that an event concerns. */
interface About {
  readonly pool?: PoolId;
  readonly backend?: BackendId;
}

export function forgetPool(observations: Observations, pool: PoolId | undefined): Observations {
  if (pool === undefined || !observations.pools.has(pool)) return observations;
  return { ...observations, pools: PersistentMap.from(observations.pools).without(pool) };
}

export function forgetBackend(observations: Observations, about: About): Observations {
  return change(observations, about, () => null);
}

export function forgetChecks(observations: Observations, about: About): Observations {
  return change(observations, about, (seen) => ({ ...seen, checks: [] }));
}

/** Permits stay out while their trials run, but a result of an earlier phase must not count in a later one. */
export function forgetOutcomes(observations: Observations, about: About): Observations {
  return change(observations, about, (seen) => {
    const { trials } = seen;
    if (trials === null) return { ...seen, window: [] };
    const permits = trials.permits.map((permit) => (permit.spent ? permit : { ...permit, spent: true }));
    return { ...seen, window: [], trials: { ...trials, permits, successes: 0 } };
  });
}

/**
 * Removes the runs of a removed check and the windows of a removed breaker, because they would mean nothing if the setting
 * returned.
 */
export function forgetUnset(
  observations: Observations,
  pool: PoolId | undefined,
  { healthCheck, breaker }: PoolSettings,
): Observations {
  const seen = pool === undefined ? undefined : observations.pools.get(pool);
  if (pool === undefined || seen === undefined || (healthCheck !== null && breaker !== null)) {
    return observations;
  }
  const kept: [BackendId, BackendObservations][] = [];
  for (const [backend, before] of seen) {
    const checked = healthCheck === null ? { ...before, checks: [], passiveFailureAt: null } : before;
    kept.push([backend, breaker === null ? { ...checked, window: [] } : checked]);
  }
  return withPoolObservations(observations, pool, PersistentMap.from(kept));
}

/** Keeps the observations of backends that the adopted fleet has too. Keeps none if generations mean something else. */
export function forgetStrangers(
  observations: Observations,
  { fleet, keepsVerdicts }: { readonly fleet: FleetState; readonly keepsVerdicts: boolean },
): Observations {
  const pools: [PoolId, ReadonlyMap<BackendId, BackendObservations>][] = [];
  for (const { id, backends } of keepsVerdicts ? fleet.pools : []) {
    const seen = observations.pools.get(id);
    const same = backends.flatMap(({ id: backend, generation }) => {
      const one = seen?.get(backend);
      return one?.generation === generation ? [[backend, one] as const] : [];
    });
    if (same.length > 0) pools.push([id, PersistentMap.from(same)]);
  }
  return { ...observations, pools: PersistentMap.from(pools) };
}

export function forgetWorker(observations: Observations, worker: WorkerId): Observations {
  const workers = observations.workers.filter((ready) => !sameWorker(ready, worker));
  let left: Observations = { ...observations, workers };
  for (const [pool, backends] of observations.pools) {
    let kept = PersistentMap.from(backends);
    for (const [backend, seen] of backends) {
      if (seen.trials === null || !seen.trials.permits.some((permit) => sameWorker(permit.worker, worker))) {
        continue;
      }
      const permits = seen.trials.permits.filter((permit) => !sameWorker(permit.worker, worker));
      kept = kept.with(backend, { ...seen, trials: { ...seen.trials, permits } });
    }
    if (kept !== backends) left = withPoolObservations(left, pool, kept);
  }
  return left;
}

function change(
  observations: Observations,
  { pool, backend }: About,
  next: (seen: BackendObservations) => BackendObservations | null,
): Observations {
  if (pool === undefined || backend === undefined) return observations;
  const backends = observations.pools.get(pool);
  const seen = backends?.get(backend);
  if (backends === undefined || seen === undefined) return observations;
  const after = next(seen);
  const all = PersistentMap.from(backends);
  return withPoolObservations(
    observations,
    pool,
    after === null ? all.without(backend) : all.with(backend, after),
  );
}
