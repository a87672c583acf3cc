/**
 * The state of a fleet: what all its hosts share, that is configuration and membership. The state of each host contains it,
 * together with the host's own verdicts on backends. `fleetOf` extracts the shared part.
 */
import { backend as backendSection } from '#shared/settings/backend.js';
import { picked } from '#shared/settings/choose.js';
import {
  backendAddress,
  backendName,
  count,
  maxConnections,
  poolName,
  storedForwarding,
  storedPoolSettings,
  storedRoute,
  weight,
} from '#shared/shape-settings.js';
import { list, nullable, object, type TypeOf } from '#shared/shape.js';
import type { PoolId } from '#shared/ids.js';
import type { BackendDefinition, PoolSettings } from '#shared/settings.js';
import { fleetStanding, foundedAt } from './fleet-standing.js';
import { PersistentMap } from './persistent-map.js';
import { emptyPool, withBackend } from './pool-state.js';
import { sameValue } from './same-value.js';
import { appliedConfig, type BackendState, type ControlState, type PoolState } from './state.js';
import { completedApplied, completedForwarding, completedPool, completedRoutes } from './stored-settings.js';
import { adminState, MAX_STORED_LIST, origin, time } from './stored-shapes.js';

const fleetBackend = object(
  { id: backendName, address: backendAddress, weight, generation: count, origin, admin: adminState },
  { maxConnections },
);

interface FleetBackend extends TypeOf<typeof fleetBackend> {}

const fleetPool = object(
  {
    id: poolName,
    version: count,
    settings: storedPoolSettings,
    backends: list(fleetBackend, MAX_STORED_LIST),
  },
  /** Absent if sessions were never ended. */
  { sessionsFrom: time },
);

export interface FleetPool extends TypeOf<typeof fleetPool> {}

export const fleetState = object({
  standing: fleetStanding,
  applied: nullable(appliedConfig),
  forwarding: nullable(storedForwarding),
  routes: list(storedRoute, MAX_STORED_LIST),
  pools: list(fleetPool, MAX_STORED_LIST),
});

export interface FleetState extends TypeOf<typeof fleetState> {}

/**
 * The part of a host's state that the fleet shares. For a host that never belonged to a fleet, it is the initial state of a
 * fleet that the host founds. Its numbers continue, so that no version has two meanings.
 */
export function fleetOf(state: ControlState): FleetState {
  const { applied, forwarding, routes } = state;
  return {
    standing: state.fleet ?? foundedAt(state.seq, newestGeneration(state), state.at),
    applied,
    forwarding,
    routes,
    pools: [...state.pools.values()].map(sharedPool),
  };
}

/**
 * Commands of the fleet count on from this number, because each backend gets the number of the command that adds it as its
 * generation.
 */
function newestGeneration({ pools }: ControlState): number {
  let newest = 0;
  for (const { backends } of pools.values()) {
    for (const { generation } of backends.values()) newest = Math.max(newest, generation);
  }
  return newest;
}

function sharedPool({ id, version, settings, backends, sessionsFrom }: PoolState): FleetPool {
  const shared = { id, version, settings, backends: [...backends.values()].map(sharedPart) };
  return sessionsFrom === 0 ? shared : { ...shared, sessionsFrom };
}

function sharedPart(backend: BackendState): FleetBackend {
  const { generation, origin, admin } = backend;
  return { ...picked<BackendDefinition>(backendSection, backend), generation, origin, admin };
}

/** The state with which a leader decides: that of the fleet, numbered like the fleet's log, without verdicts on backends. */
export function leaderState(fleet: FleetState): ControlState {
  const { standing, applied, forwarding, routes } = fleet;
  const { epoch, seq, at } = standing;
  const pools = fleet.pools.map((pool) => [pool.id, poolWith(pool, () => null)] as const);
  return {
    epoch,
    seq,
    at,
    applied,
    rejected: null,
    forwarding,
    routes,
    pools: PersistentMap.from(pools),
    fleet: standing,
  };
}

/**
 * A host's state with the shared part replaced by that of the fleet. Verdicts stay on backends that are still the same, because
 * a backend without one would get no traffic until its next check.
 * @param keepsVerdicts false if the host did not belong to the fleet: its generations then mean something else, so a backend is the
 *   same by its name and address alone
 */
export function adopted(
  state: ControlState,
  { fleet, keepsVerdicts, at }: { fleet: FleetState; keepsVerdicts: boolean; at: number },
): ControlState {
  const { standing, applied, forwarding, routes } = fleet;
  const pools = fleet.pools.map((pool) => {
    const own = state.pools.get(pool.id);
    const verdict = (backend: FleetBackend): Verdict | null => {
      const known = own?.backends.get(backend.id);
      const isSame = !keepsVerdicts || known?.generation === backend.generation;
      return known !== undefined && isSame ? verdictOn(backend, known, pool.settings) : null;
    };
    const next = poolWith(pool, verdict, at);
    return [pool.id, own === undefined ? next : { ...next, panic: own.panic }] as const;
  });
  return { ...state, applied, forwarding, routes, pools: PersistentMap.from(pools), fleet: standing };
}

type Verdict = Pick<BackendState, 'health' | 'healthSince' | 'breaker' | 'resolved'>;

function poolWith(pool: FleetPool, verdict: (backend: FleetBackend) => Verdict | null, at = 0): PoolState {
  let state: PoolState = {
    ...emptyPool(pool.id as PoolId, pool.settings, pool.version),
    sessionsFrom: pool.sessionsFrom ?? 0,
  };
  for (const backend of pool.backends) {
    state = withBackend(state, { ...backend, ...(verdict(backend) ?? noVerdict(pool.settings, at)) });
  }
  return state;
}

/** The verdict on a backend that was just added. */
function noVerdict({ healthCheck }: PoolSettings, at: number): Verdict {
  return {
    health: healthCheck === null ? 'healthy' : 'unknown',
    healthSince: at,
    breaker: { phase: 'closed', openings: 0, since: at },
  };
}

function verdictOn(backend: FleetBackend, known: BackendState, settings: PoolSettings): Verdict | null {
  if (!sameValue(known.address, backend.address)) return null;
  const { healthSince, resolved } = known;
  return {
    health: settings.healthCheck === null ? 'healthy' : known.health,
    healthSince,
    breaker:
      settings.breaker === null && known.breaker.phase !== 'closed'
        ? { phase: 'closed', openings: 0, since: known.breaker.since }
        : known.breaker,
    ...(resolved === undefined ? {} : { resolved }),
  };
}

/** The state of a fleet with defaults for settings that an older release did not know. */
export function completedFleet(fleet: FleetState): FleetState {
  const { applied, forwarding, routes, pools } = fleet;
  return {
    ...fleet,
    applied: completedApplied(applied),
    forwarding: forwarding === null ? null : completedForwarding(forwarding),
    routes: completedRoutes(routes),
    pools: pools.map((pool) => ({ ...pool, settings: completedPool(pool.id, pool.settings) })),
  };
}
