/**
 * Snapshots for tests of the data plane: one pool, one route, limits small enough to be met. Timeouts are as long as a test waits:
 * one that is about a timeout states it.
 */
import { backendId, poolId } from '../../shared/ids.js';
import { defaultsOf } from '../../shared/settings/complete.js';
import { limits, retry } from '../../shared/settings/forwarding.js';
import { poolForWorkers } from '../../shared/settings/pool.js';
import type {
  ForwardingSettings,
  LimitSettings,
  RetrySettings,
  TimeoutSettings,
} from '../../shared/settings.js';
import type { BackendSnapshot, PoolSnapshot, Snapshot } from '../../shared/snapshot.js';
import { GENEROUS_MS } from './wait-until.js';

export interface ForwardingChanges extends Partial<
  Omit<ForwardingSettings, 'retry' | 'timeouts' | 'limits'>
> {
  readonly retry?: Partial<RetrySettings>;
  readonly timeouts?: Partial<TimeoutSettings>;
  readonly limits?: Partial<LimitSettings>;
}

export function forwardingSettings(changes: ForwardingChanges = {}): ForwardingSettings {
  return {
    trustedProxies: [],
    metricsPath: '/metrics',
    accessLogRatio: 0,
    ...changes,
    retry: {
      ...defaultsOf(retry),
      budgetMin: 100,
      ...changes.retry,
    },
    timeouts: {
      connectMs: GENEROUS_MS,
      requestHeadMs: GENEROUS_MS,
      requestBodyIdleMs: GENEROUS_MS,
      responseHeadMs: GENEROUS_MS,
      responseIdleMs: GENEROUS_MS,
      keepAliveMs: GENEROUS_MS,
      upstreamKeepAliveMs: GENEROUS_MS,
      tunnelIdleMs: GENEROUS_MS,
      shutdownMs: 1_000,
      ...changes.timeouts,
    },
    limits: {
      ...defaultsOf(limits),
      connectionsPerWorker: 1_000,
      connectionAgeMs: 300_000,
      idlePerBackend: 16,
      ...changes.limits,
    },
  };
}

/** A backend on this machine. */
export function backendAt(id: string, port: number, changes: Partial<BackendSnapshot> = {}): BackendSnapshot {
  return {
    id: backendId(id),
    address: { protocol: 'http', host: '127.0.0.1', port },
    weight: 1,
    availability: 'available',
    admin: 'ready',
    generation: 1,
    permits: [],
    ...changes,
  };
}

export function poolOf(
  backends: readonly BackendSnapshot[],
  changes: Partial<PoolSnapshot> = {},
): PoolSnapshot {
  return {
    ...defaultsOf(poolForWorkers),
    id: poolId('default'),
    version: 1,
    panic: false,
    backends,
    ...changes,
  };
}

/** Everything goes to the first of the pools. */
export function snapshotOf(
  pools: readonly PoolSnapshot[],
  forwarding: ForwardingChanges = {},
  changes: Partial<Snapshot> = {},
): Snapshot {
  const [first] = pools;
  return {
    epoch: 1,
    version: 1,
    seq: 1,
    at: 0,
    forwarding: forwardingSettings(forwarding),
    routes: first === undefined ? [] : [{ host: null, pathPrefix: '/', pool: first.id }],
    pools,
    ...changes,
  };
}
