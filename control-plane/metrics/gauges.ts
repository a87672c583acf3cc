/**
 * The gauges. They are read from the running system at each scrape and never stored, so that the series of a removed
 * backend vanish with it. Samples are produced one by one, so that the page of very many backends can be made in slices
 * (`registry.ts`).
 */
import { availabilityOf, isUp } from '#shared/availability.js';
import { AVAILABILITIES, BREAKER_PHASES } from '#shared/backend-state.js';
import { takesTraffic } from '#shared/role.js';
import { driftOf } from '../domain/drift.js';
import { maxConnectionsOf } from '../domain/pool-state.js';
import type { BackendState, PoolState } from '../domain/state.js';
import type { ControlPort, FleetPort } from '../control-port.js';
import { WORKER_PHASES } from '../workers/worker-status.js';
import { METRICS, type MetricKey } from './catalogue.js';

interface Sample {
  /** Values of the labels, in the order of the catalogue. */
  readonly labels: readonly string[];
  readonly value: number;
}

type FleetNow = Pick<FleetPort, 'status' | 'watched'>;

/** What the gauges are read from. */
export type GaugeDeps = Pick<
  ControlPort,
  | 'role'
  | 'version'
  | 'world'
  | 'position'
  | 'workers'
  | 'activeRequests'
  | 'sessions'
  | 'waitingRequests'
  | 'checkLag'
  | 'storage'
> & {
  /** Commands that wait for the control loop. */
  mailboxDepth(): number;
  /** `null`: this host decides alone. */
  fleet(): FleetNow | null;
};

type GaugeReader = (deps: GaugeDeps) => Iterable<Sample>;

function one(value: number): readonly Sample[] {
  return [{ labels: [], value }];
}

const MODES = ['following', 'autonomous'] as const;
const HOST_STATES = ['following', 'autonomous', 'silent'] as const;

/** No sample where there is no fleet, or where `read` returns `null`. */
function ofFleet(read: (fleet: FleetNow) => number | null): GaugeReader {
  return (deps) => {
    const fleet = deps.fleet();
    const value = fleet === null ? null : read(fleet);
    return value === null ? [] : one(value);
  };
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

/** Each backend together with its pool. None on a host that has no verdicts of its own: they would look like outages. */
function* backendsOf(deps: GaugeDeps): Generator<readonly [PoolState, BackendState]> {
  if (!takesTraffic(deps.role)) return;
  for (const pool of deps.world().state.pools.values()) {
    for (const backend of pool.backends.values()) yield [pool, backend];
  }
}

/** `null`: the pool has no such value. */
function perPool(read: (deps: GaugeDeps, pool: PoolState) => number | null): GaugeReader {
  return function* (deps) {
    for (const pool of deps.world().state.pools.values()) {
      const value = read(deps, pool);
      if (value !== null) yield { labels: [pool.id], value };
    }
  };
}

/** One sample per backend; no sample if `read` returns `null`. */
function perBackend(
  read: (deps: GaugeDeps, backend: BackendState, pool: PoolState) => number | null,
): GaugeReader {
  return function* (deps) {
    for (const [pool, backend] of backendsOf(deps)) {
      const value = read(deps, backend, pool);
      if (value !== null) yield { labels: [pool.id, backend.id], value };
    }
  };
}

/** One sample per backend and value: 1 for the present value, 0 for the others. */
function perBackendState(
  values: readonly string[],
  read: (deps: GaugeDeps, backend: BackendState) => string,
): GaugeReader {
  return function* (deps) {
    for (const [pool, backend] of backendsOf(deps)) {
      const present = read(deps, backend);
      for (const value of values) {
        yield { labels: [pool.id, backend.id, value], value: value === present ? 1 : 0 };
      }
    }
  };
}

export const GAUGES: Partial<Record<MetricKey, GaugeReader>> = {
  backendUp: perBackend((_deps, backend) =>
    isUp({ availability: availabilityOf(backend), admin: backend.admin }) ? 1 : 0,
  ),
  backendAvailability: perBackendState(AVAILABILITIES, (_deps, backend) => availabilityOf(backend)),
  backendWeight: perBackend((_deps, backend) => backend.weight),
  backendActive: perBackend((deps, backend, pool) => deps.activeRequests(pool.id, backend.id)),
  backendMaxConnections: perBackend((_deps, backend, pool) => maxConnectionsOf(pool, backend)),
  poolPending: perPool((deps, pool) => deps.waitingRequests(pool.id)),
  breakerState: perBackendState(BREAKER_PHASES, (_deps, backend) => backend.breaker.phase),
  poolPanic: perPool((_deps, pool) => (pool.panic ? 1 : 0)),
  stickySessions: perPool((deps, pool) => deps.sessions.count(pool.id)),
  healthChecksLate: (deps) => one(deps.checkLag().lateMs / 1_000),
  healthChecksWaiting: (deps) => one(deps.checkLag().waiting),
  configDrift: (deps) => one(driftOf(deps.world().state).length),
  storeOk: (deps) => one(deps.storage().ok ? 1 : 0),
  eventLogSeq: (deps) => one(deps.world().state.seq),
  snapshotVersion: (deps) => one(deps.position().version),
  snapshotEpoch: (deps) => one(deps.position().epoch),
  snapshotApplied: (deps) =>
    deps
      .workers()
      .flatMap((worker) =>
        worker.applied === null ? [] : [{ labels: [String(worker.worker)], value: worker.applied.version }],
      ),
  workers: (deps) =>
    WORKER_PHASES.map((phase) => ({
      labels: [phase],
      value: deps.workers().filter((worker) => worker.phase === phase).length,
    })),
  workerConnections: (deps) =>
    deps.workers().map((worker) => ({ labels: [String(worker.worker)], value: worker.connections })),
  leader: ofFleet((fleet) => (fleet.status().leads ? 1 : 0)),
  mode: (deps) => {
    const present = deps.fleet()?.status().mode.kind;
    if (present === undefined) return [];
    return MODES.map((mode) => ({ labels: [mode], value: mode === present ? 1 : 0 }));
  },
  fleetPosition: ofFleet((fleet) => fleet.status().position?.seq ?? 0),
  fleetAge: ofFleet((fleet) => inSeconds(fleet.status().heardAgoMs)),
  clockOffset: ofFleet((fleet) => inSeconds(fleet.status().clockAheadMs)),
  fleetHosts: (deps) => {
    const counts = deps.fleet()?.watched()?.counts;
    if (counts === undefined) return [];
    return HOST_STATES.map((state) => ({ labels: [state], value: counts[state] }));
  },
  fleetConverged: ofFleet((fleet) => {
    const counts = fleet.watched()?.counts;
    return counts === undefined ? null : counts.isConverged ? 1 : 0;
  }),
  redisGuardOpen: (deps) =>
    deps
      .workers()
      .flatMap(({ worker, redisGuarded }) =>
        redisGuarded === null ? [] : [{ labels: [String(worker)], value: redisGuarded ? 1 : 0 }],
      ),
  mailboxDepth: (deps) => one(deps.mailboxDepth()),
  build: (deps) => [{ labels: [deps.version, process.version], value: 1 }],
};

/** The samples of a gauge; `null` if the metric is not a gauge, or one that is set and not read (`totals.ts`). */
export function readGauge(metric: MetricKey, deps: GaugeDeps): Iterable<Sample> | null {
  return METRICS[metric].type === 'gauge' ? (GAUGES[metric]?.(deps) ?? null) : null;
}
