/** A pool with its backends and the counts that follow from them. Only this file changes the two. */
import { assert } from '#shared/assert.js';
import { availabilityOf, isTakenOut, trafficOf } from '#shared/availability.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { PoolSettings } from '#shared/settings.js';
import { PersistentMap } from './persistent-map.js';
import type { BackendState, PoolState, PoolTally } from './state.js';

export function emptyPool(id: PoolId, settings: PoolSettings, version: number): PoolState {
  return {
    id,
    version,
    settings,
    backends: PersistentMap.empty(),
    tripped: new Set(),
    tally: { ready: 0, available: 0, serving: 0, trial: 0, draining: 0, unchecked: 0, ejected: 0 },
    panic: false,
    sessionsFrom: 0,
  };
}

/** How many attempts a backend may have in flight: its own limit, else that of its pool; `null` if unlimited. */
export function maxConnectionsOf(
  pool: Pick<PoolState, 'settings'>,
  backend: Pick<BackendState, 'maxConnections'>,
): number | null {
  return backend.maxConnections ?? pool.settings.maxConnections ?? null;
}

/** Adds the backend to the pool, or replaces the one with the same id. */
export function withBackend(pool: PoolState, backend: BackendState): PoolState {
  const before = pool.backends.get(backend.id);
  const without = before === undefined ? pool.tally : counted(pool.tally, before, -1);
  return {
    ...pool,
    backends: PersistentMap.from(pool.backends).with(backend.id, backend),
    tripped: withTripped(pool.tripped, backend.id, backend.breaker.phase !== 'closed'),
    tally: counted(without, backend, 1),
  };
}

/** Removes the backend from the pool. Returns the same pool if the backend is missing. */
export function withoutBackend(pool: PoolState, id: BackendId): PoolState {
  const before = pool.backends.get(id);
  if (before === undefined) return pool;
  return {
    ...pool,
    backends: PersistentMap.from(pool.backends).without(id),
    tripped: withTripped(pool.tripped, id, false),
    tally: counted(pool.tally, before, -1),
  };
}

/**
 * The backends with breakers that are not closed, sorted by name. The order in which they tripped would be lost in a
 * checkpoint. With this order, a recovered world decides as the live one did.
 */
export function trippedBackends(pool: PoolState): readonly BackendState[] {
  const tripped: BackendState[] = [];
  for (const id of pool.tripped) {
    const backend = pool.backends.get(id);
    assert(backend !== undefined, `tripped backend ${id} is not in its pool`);
    tripped.push(backend);
  }
  return tripped.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function withTripped(
  tripped: ReadonlySet<BackendId>,
  id: BackendId,
  wanted: boolean,
): ReadonlySet<BackendId> {
  if (tripped.has(id) === wanted) return tripped;
  const next = new Set(tripped);
  if (wanted) next.add(id);
  else next.delete(id);
  return next;
}

function counted(tally: PoolTally, backend: BackendState, by: 1 | -1): PoolTally {
  const { admin, weight } = backend;
  const ready = admin === 'ready';
  const availability = availabilityOf(backend);
  const state = { availability, admin, weight };
  return {
    ready: tally.ready + (ready ? by : 0),
    available: tally.available + (availability === 'available' ? by : 0),
    serving: tally.serving + (trafficOf(state, false).serves ? by : 0),
    trial: tally.trial + (availability === 'trial' ? by : 0),
    draining: tally.draining + (availability === 'draining' ? by : 0),
    unchecked: tally.unchecked + (availability === 'unchecked' && ready ? by : 0),
    ejected: tally.ejected + (isTakenOut(state) ? by : 0),
  };
}
