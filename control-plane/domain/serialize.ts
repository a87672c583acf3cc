/**
 * State and observations as plain data for JSON, and back: maps become lists of entries in their order, and what only
 * follows from the rest (`tripped`, `tally`) is left out and counted anew. Shapes are checked by who reads the text.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { SerializedObservations } from './journal.js';
import type { Observations } from './observations.js';
import { PersistentMap } from './persistent-map.js';
import { emptyPool, withBackend } from './pool-state.js';
import type { BackendState, ControlState, PoolState } from './state.js';

export type SerializedPool = Omit<PoolState, 'backends' | 'tripped' | 'tally'> & {
  readonly backends: readonly (readonly [BackendId, BackendState])[];
};

export type SerializedState = Omit<ControlState, 'pools'> & {
  readonly pools: readonly (readonly [PoolId, SerializedPool])[];
};

export function serializeState(state: ControlState): SerializedState {
  return { ...state, pools: [...state.pools].map(([id, pool]) => [id, serializePool(pool)]) };
}

export function restoreState(stored: SerializedState): ControlState {
  return {
    ...stored,
    pools: PersistentMap.from(stored.pools.map(([id, pool]) => [id, restorePool(pool)] as const)),
  };
}

function serializePool(pool: PoolState): SerializedPool {
  const { id, version, settings, panic } = pool;
  return { id, version, settings, panic, backends: [...pool.backends] };
}

function restorePool(stored: SerializedPool): PoolState {
  let pool = emptyPool(stored.id, stored.settings, stored.version);
  for (const [, backend] of stored.backends) pool = withBackend(pool, backend);
  return { ...pool, panic: stored.panic };
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
