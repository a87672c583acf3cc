/**
 * Converts state and observations to plain data for JSON, and back. Maps become lists of entries in order. What follows from
 * the rest (`tripped`, `tally`) is left out and computed again. The reader of the text checks its shape.
 */
import {
  backendName,
  count,
  poolName,
  storedForwarding,
  storedPoolSettings,
  storedRoute,
} from '#shared/shape-settings.js';
import { flag, list, nullable, object, pair, type TypeOf } from '#shared/shape.js';
import { fleetStanding } from './fleet-standing.js';
import type { SerializedObservations } from './journal.js';
import type { Observations } from './observations.js';
import { PersistentMap } from './persistent-map.js';
import { emptyPool, withBackend } from './pool-state.js';
import { backendState, type ControlState, type PoolState, rejectedConfig, storedApplied } from './state.js';
import { completedApplied, completedForwarding, completedPool, completedRoutes } from './stored-settings.js';
import { MAX_STORED_LIST, time } from './stored-shapes.js';

const serializedPool = object(
  {
    id: poolName,
    version: count,
    settings: storedPoolSettings,
    backends: list(pair(backendName, backendState), MAX_STORED_LIST),
    panic: flag,
  },
  /** Absent if sessions were never ended. */
  { sessionsFrom: time },
);

export interface SerializedPool extends TypeOf<typeof serializedPool> {}

/** The shape of a checkpoint. */
export const serializedState = object(
  {
    epoch: count,
    seq: count,
    at: time,
    applied: nullable(storedApplied),
    rejected: nullable(rejectedConfig),
    forwarding: nullable(storedForwarding),
    routes: list(storedRoute, MAX_STORED_LIST),
    pools: list(pair(poolName, serializedPool), MAX_STORED_LIST),
  },
  /** Absent if a release without fleets wrote the checkpoint. */
  { fleet: nullable(fleetStanding) },
);

export interface SerializedState extends TypeOf<typeof serializedState> {}

export function serializeState(state: ControlState): SerializedState {
  return { ...state, pools: [...state.pools].map(([id, pool]) => [id, serializePool(pool)]) };
}

export function restoreState(stored: SerializedState): ControlState {
  return {
    ...stored,
    applied: completedApplied(stored.applied),
    fleet: stored.fleet ?? null,
    pools: PersistentMap.from(stored.pools.map(([id, pool]) => [id, restorePool(pool)] as const)),
  };
}

function serializePool(pool: PoolState): SerializedPool {
  const { id, version, settings, panic, sessionsFrom } = pool;
  const stored = { id, version, settings, panic, backends: [...pool.backends] };
  return sessionsFrom === 0 ? stored : { ...stored, sessionsFrom };
}

function restorePool(stored: SerializedPool): PoolState {
  let pool = emptyPool(stored.id, stored.settings, stored.version);
  for (const [, backend] of stored.backends) pool = withBackend(pool, backend);
  return { ...pool, panic: stored.panic, sessionsFrom: stored.sessionsFrom ?? 0 };
}

export function serializeObservations(observations: Observations): SerializedObservations {
  const { pools, workers, nextPermit } = observations;
  return { pools: [...pools].map(([id, backends]) => [id, [...backends]]), workers, nextPermit };
}

export function restoreObservations(stored: SerializedObservations): Observations {
  const { workers, nextPermit } = stored;
  return {
    pools: PersistentMap.from(
      stored.pools.map(([id, backends]) => [id, PersistentMap.from(backends)] as const),
    ),
    workers,
    nextPermit,
  };
}

/** The state of a checkpoint with defaults for settings that an older release did not know. */
export function completedState(state: SerializedState): SerializedState {
  const { forwarding, pools, routes } = state;
  return {
    ...state,
    forwarding: forwarding === null ? null : completedForwarding(forwarding),
    routes: completedRoutes(routes),
    pools: pools.map(([id, pool]) => [id, { ...pool, settings: completedPool(id, pool.settings) }]),
  };
}
