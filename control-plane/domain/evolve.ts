/**
 * Folds an event into the durable state. Total: it never throws and never refuses; what does not apply to the state
 * (a backend that is not there, a pool that is there already) changes nothing but the number of the last event. An
 * event that has been folded already is passed over, so folding a log twice is folding it once.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BreakerState, BackendState, ControlState, PoolState } from './state.js';
import type { EventOf, TidegateEvent } from './events.js';
import { PersistentMap } from './persistent-map.js';
import { emptyPool, withBackend, withoutBackend } from './pool-state.js';

export function evolve(state: ControlState, event: TidegateEvent): ControlState {
  if (event.seq <= state.seq) return state;
  const changed = changedBy(state, event);
  return { ...changed, epoch: Math.max(state.epoch, event.epoch), seq: event.seq, at: event.at };
}

export function fold(state: ControlState, events: Iterable<TidegateEvent>): ControlState {
  let folded = state;
  for (const event of events) folded = evolve(folded, event);
  return folded;
}

function changedBy(state: ControlState, event: TidegateEvent): ControlState {
  switch (event.type) {
    case 'PrimaryStarted':
    case 'PrimaryStopped':
    case 'WorkerStarted':
    case 'WorkerReady':
    case 'WorkerExited':
    case 'CertificateLoaded':
    case 'CertificateRejected':
    case 'EventsLost':
      return state;
    case 'ConfigApplied':
      return { ...state, applied: { ...event.data, at: event.at }, rejected: null };
    case 'ConfigRejected':
      return { ...state, rejected: { ...event.data, at: event.at } };
    case 'ForwardingChanged':
      return { ...state, forwarding: event.data.forwarding };
    case 'RoutesChanged':
      return { ...state, routes: event.data.routes };
    case 'PoolAdded':
      return withNewPool(state, event);
    case 'PoolRemoved':
      return withoutPool(state, event.pool);
    case 'PoolSettingsChanged':
    case 'PanicEntered':
    case 'PanicLeft':
    case 'BackendAdded':
    case 'BackendRemoved':
      return changePool(state, event);
    case 'BackendOriginChanged':
    case 'WeightChanged':
    case 'MaxConnectionsChanged':
    case 'AdminStateChanged':
    case 'BackendResolved':
    case 'BackendBecameHealthy':
    case 'BackendBecameUnhealthy':
    case 'BreakerOpened':
    case 'BreakerHalfOpened':
    case 'BreakerClosed':
      return changeBackend(state, event);
  }
}

function withNewPool(state: ControlState, event: EventOf<'PoolAdded'>): ControlState {
  if (event.pool === undefined || state.pools.has(event.pool)) return state;
  const pool = emptyPool(event.pool, event.data.settings, event.seq);
  return { ...state, pools: PersistentMap.from(state.pools).with(pool.id, pool) };
}

function withoutPool(state: ControlState, id: PoolId | undefined): ControlState {
  if (id === undefined || !state.pools.has(id)) return state;
  return { ...state, pools: PersistentMap.from(state.pools).without(id) };
}

type PoolEvent = Extract<
  TidegateEvent,
  { type: 'PoolSettingsChanged' | 'PanicEntered' | 'PanicLeft' | 'BackendAdded' | 'BackendRemoved' }
>;

function changePool(state: ControlState, event: PoolEvent): ControlState {
  const pool = event.pool === undefined ? undefined : state.pools.get(event.pool);
  if (pool === undefined) return state;
  const next = changedPool(pool, event);
  return next === pool ? state : { ...state, pools: PersistentMap.from(state.pools).with(pool.id, next) };
}

function changedPool(pool: PoolState, event: PoolEvent): PoolState {
  switch (event.type) {
    case 'PoolSettingsChanged':
      return { ...pool, settings: event.data.settings, version: event.seq };
    case 'PanicEntered':
      return { ...pool, panic: true };
    case 'PanicLeft':
      return { ...pool, panic: false };
    case 'BackendAdded':
      if (pool.backends.has(event.data.definition.id)) return pool;
      return { ...withBackend(pool, newBackend(event)), version: event.seq };
    case 'BackendRemoved': {
      const next = withoutBackend(pool, event.data.definition.id);
      return next === pool ? pool : { ...next, version: event.seq };
    }
  }
}

function newBackend(event: EventOf<'BackendAdded'>): BackendState {
  const { definition, generation, health, origin } = event.data;
  return {
    id: definition.id,
    address: definition.address,
    weight: definition.weight,
    ...(definition.maxConnections === undefined ? {} : { maxConnections: definition.maxConnections }),
    generation,
    origin,
    admin: 'ready',
    health,
    healthSince: event.at,
    breaker: { phase: 'closed', openings: 0, since: event.at },
  };
}

type BackendEvent = Extract<
  TidegateEvent,
  {
    type:
      | 'BackendOriginChanged'
      | 'WeightChanged'
      | 'MaxConnectionsChanged'
      | 'AdminStateChanged'
      | 'BackendResolved'
      | 'BackendBecameHealthy'
      | 'BackendBecameUnhealthy'
      | 'BreakerOpened'
      | 'BreakerHalfOpened'
      | 'BreakerClosed';
  }
>;

function changeBackend(state: ControlState, event: BackendEvent): ControlState {
  const pool = event.pool === undefined ? undefined : state.pools.get(event.pool);
  const backend = findBackend(pool, event.backend);
  if (pool === undefined || backend === undefined) return state;
  const changed = withBackend(pool, changedBackend(backend, event));
  const next = isOperators(event) ? { ...changed, version: event.seq } : changed;
  return { ...state, pools: PersistentMap.from(state.pools).with(pool.id, next) };
}

function findBackend(pool: PoolState | undefined, id: BackendId | undefined): BackendState | undefined {
  return id === undefined ? undefined : pool?.backends.get(id);
}

/** Whether the event is a change that operators make, and so one that `If-Match` must notice. */
function isOperators(event: BackendEvent): boolean {
  return (
    event.type === 'BackendOriginChanged' ||
    event.type === 'WeightChanged' ||
    event.type === 'MaxConnectionsChanged' ||
    event.type === 'AdminStateChanged'
  );
}

function changedBackend(backend: BackendState, event: BackendEvent): BackendState {
  switch (event.type) {
    case 'BackendOriginChanged':
      return { ...backend, origin: event.data.origin };
    case 'WeightChanged':
      return { ...backend, weight: event.data.to };
    case 'MaxConnectionsChanged': {
      const { maxConnections: _before, ...rest } = backend;
      return event.data.to === null ? rest : { ...rest, maxConnections: event.data.to };
    }
    case 'AdminStateChanged':
      return { ...backend, admin: event.data.to };
    case 'BackendResolved': {
      const { by, from, to } = event.data;
      const resolved = { addresses: to, since: event.at, before: from };
      return { ...backend, resolved: { ...backend.resolved, [by]: resolved } };
    }
    case 'BackendBecameHealthy':
      return { ...backend, health: 'healthy', healthSince: event.at };
    case 'BackendBecameUnhealthy':
      return { ...backend, health: 'unhealthy', healthSince: event.at };
    case 'BreakerOpened':
    case 'BreakerHalfOpened':
    case 'BreakerClosed':
      return { ...backend, breaker: changedBreaker(backend.breaker, event) };
  }
}

function changedBreaker(
  breaker: BreakerState,
  event: EventOf<'BreakerOpened'> | EventOf<'BreakerHalfOpened'> | EventOf<'BreakerClosed'>,
): BreakerState {
  const since = event.at;
  switch (event.type) {
    case 'BreakerOpened':
      return { phase: 'open', openings: event.data.openings, since, until: event.data.until };
    case 'BreakerHalfOpened':
      return { phase: 'half-open', openings: breaker.openings, since };
    case 'BreakerClosed':
      // A breaker that was taken away starts afresh if it comes back.
      return { phase: 'closed', openings: event.data.cause === 'disabled' ? 0 : breaker.openings, since };
  }
}
