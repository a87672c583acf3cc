/**
 * The gauges: read from the running system at each scrape, never stored, so that a removed backend's series are gone
 * with it. Answers plain samples, one after the other, so that the page of very many backends can be made in slices;
 * `registry.ts` shows them.
 */
import { availabilityOf, isUp } from '#shared/availability.js';
import { AVAILABILITIES, BREAKER_PHASES } from '#shared/backend-state.js';
import { driftOf } from '../domain/drift.js';
import { maxConnectionsOf } from '../domain/pool-state.js';
import type { BackendState, PoolState } from '../domain/state.js';
import type { ControlPort } from '../control-port.js';
import { WORKER_PHASES } from '../workers/worker-status.js';
import { METRICS, type MetricKey } from './catalogue.js';

export interface Sample {
  /** In the order of the catalogue. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** What the gauges are read from. */
export type GaugeSource = Pick<
  ControlPort,
  | 'version'
  | 'world'
  | 'position'
  | 'workers'
  | 'activeRequests'
  | 'sessionCount'
  | 'pendingRequests'
  | 'checkLag'
  | 'storage'
> & {
  /** Commands that wait for the control loop. */
  mailboxDepth(): number;
};

type GaugeReader = (source: GaugeSource) => Iterable<Sample>;

function one(value: number): readonly Sample[] {
  return [{ labels: [], value }];
}

/** Each backend with its pool. */
function* backendsOf(source: GaugeSource): Generator<readonly [PoolState, BackendState]> {
  for (const pool of source.world().state.pools.values()) {
    for (const backend of pool.backends.values()) yield [pool, backend];
  }
}

function perPool(read: (source: GaugeSource, pool: PoolState) => number): GaugeReader {
  return function* (source) {
    for (const pool of source.world().state.pools.values()) {
      yield { labels: [pool.id], value: read(source, pool) };
    }
  };
}

/** `null`: the backend has no such value. */
function perBackend(
  read: (source: GaugeSource, backend: BackendState, pool: PoolState) => number | null,
): GaugeReader {
  return function* (source) {
    for (const [pool, backend] of backendsOf(source)) {
      const value = read(source, backend, pool);
      if (value !== null) yield { labels: [pool.id, backend.id], value };
    }
  };
}

/** One sample per backend and value: 1 for the present value, 0 for the others. */
function perBackendState(
  values: readonly string[],
  read: (source: GaugeSource, backend: BackendState) => string,
): GaugeReader {
  return function* (source) {
    for (const [pool, backend] of backendsOf(source)) {
      const present = read(source, backend);
      for (const value of values) {
        yield { labels: [pool.id, backend.id, value], value: value === present ? 1 : 0 };
      }
    }
  };
}

export const GAUGES: Partial<Record<MetricKey, GaugeReader>> = {
  backendUp: perBackend((_source, backend) =>
    isUp({ availability: availabilityOf(backend), admin: backend.admin }) ? 1 : 0,
  ),
  backendAvailability: perBackendState(AVAILABILITIES, (_source, backend) => availabilityOf(backend)),
  backendWeight: perBackend((_source, backend) => backend.weight),
  backendActive: perBackend((source, backend, pool) => source.activeRequests(pool.id, backend.id)),
  backendMaxConnections: perBackend((_source, backend, pool) => maxConnectionsOf(pool, backend)),
  poolPending: perPool((source, pool) => source.pendingRequests(pool.id)),
  breakerState: perBackendState(BREAKER_PHASES, (_source, backend) => backend.breaker.phase),
  poolPanic: perPool((_source, pool) => (pool.panic ? 1 : 0)),
  stickySessions: perPool((source, pool) => source.sessionCount(pool.id)),
  healthChecksLate: (source) => one(source.checkLag().lateMs / 1_000),
  healthChecksWaiting: (source) => one(source.checkLag().waiting),
  configDrift: (source) => one(driftOf(source.world().state).length),
  storeOk: (source) => one(source.storage().ok ? 1 : 0),
  eventLogSeq: (source) => one(source.world().state.seq),
  snapshotVersion: (source) => one(source.position().version),
  snapshotEpoch: (source) => one(source.position().epoch),
  snapshotApplied: (source) =>
    source
      .workers()
      .flatMap((worker) =>
        worker.applied === null ? [] : [{ labels: [String(worker.worker)], value: worker.applied.version }],
      ),
  workers: (source) =>
    WORKER_PHASES.map((phase) => ({
      labels: [phase],
      value: source.workers().filter((worker) => worker.phase === phase).length,
    })),
  workerConnections: (source) =>
    source.workers().map((worker) => ({ labels: [String(worker.worker)], value: worker.connections })),
  mailboxDepth: (source) => one(source.mailboxDepth()),
  build: (source) => [{ labels: [source.version, process.version], value: 1 }],
};

/** Gauges of the catalogue that are read at a scrape. */
export function readGauge(metric: MetricKey, source: GaugeSource): Iterable<Sample> | null {
  return METRICS[metric].type === 'gauge' ? (GAUGES[metric]?.(source) ?? null) : null;
}
