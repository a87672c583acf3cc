/** Snapshots and tables for tests of routing: what a test does not name has a plain default. */
import { backendId, poolId } from '../../shared/ids.js';
import type { Random } from '../../shared/ports.js';
import { seededRandom } from '../../shared/prng.js';
import { defaultsOf } from '../../shared/settings/complete.js';
import { limits, retry, timeouts } from '../../shared/settings/forwarding.js';
import { queue } from '../../shared/settings/pool.js';
import type { Route, ForwardingSettings } from '../../shared/settings.js';
import type { BackendSnapshot, PoolSnapshot, Snapshot } from '../../shared/snapshot.js';
import { type PoolTable, type RoutingTable, applySnapshot } from '../../data-plane/routing/routing-table.js';

export const FORWARDING: ForwardingSettings = {
  retry: { ...defaultsOf(retry), perTryTimeoutMs: 10_000, budgetMin: 3 },
  timeouts: defaultsOf(timeouts),
  limits: { ...defaultsOf(limits), requestsPerConnection: 1_000 },
  trustedProxies: [],
  metricsPath: null,
  accessLogRatio: 1,
};

export function aBackend(id: string, given: Partial<Omit<BackendSnapshot, 'id'>> = {}): BackendSnapshot {
  return {
    id: backendId(id),
    address: { protocol: 'http', host: '127.0.0.1', port: 8081 },
    weight: 1,
    availability: 'available',
    admin: 'ready',
    generation: 1,
    permits: [],
    ...given,
  };
}

export function aPool(
  backends: readonly BackendSnapshot[],
  given: Partial<Omit<PoolSnapshot, 'backends' | 'id'>> & { id?: string } = {},
): PoolSnapshot {
  return {
    version: 1,
    algorithm: 'round-robin',
    sticky: null,
    panic: false,
    queue: defaultsOf(queue),
    backends,
    ...given,
    id: poolId(given.id ?? 'default'),
  };
}

export function aSnapshot(pools: readonly PoolSnapshot[], given: Partial<Snapshot> = {}): Snapshot {
  return {
    epoch: 1,
    version: 1,
    seq: 1,
    at: 0,
    forwarding: FORWARDING,
    routes: pools.map(({ id }) => ({ host: null, pathPrefix: id === 'default' ? '/' : `/${id}`, pool: id })),
    pools,
    ...given,
  };
}

export function aRoute(host: string | null, pathPrefix: string, pool: string): Route {
  return { host, pathPrefix, pool: poolId(pool) };
}

export interface Place {
  worker?: number;
  workers?: number;
  at?: number;
  random?: Random;
}

export function tableOf(
  snapshot: Snapshot,
  place: Place = {},
  current: RoutingTable | null = null,
): RoutingTable {
  return applySnapshot(current, snapshot, {
    worker: 0,
    workers: 1,
    at: 0,
    random: seededRandom(1),
    ...place,
  });
}

export function poolOf(table: RoutingTable, id = 'default'): PoolTable {
  const pool = table.pools.get(poolId(id));
  if (pool === undefined) throw new Error(`no pool ${id}`);
  return pool;
}

/** The only pool of a table built from these backends. */
export function aPoolTable(
  backends: readonly BackendSnapshot[],
  given: Parameters<typeof aPool>[1] = {},
  place: Place = {},
): PoolTable {
  return poolOf(tableOf(aSnapshot([aPool(backends, given)]), place), given.id);
}
