/** Snapshots and tables for tests of routing: what a test does not name has a plain default. */
import { poolId } from '../../shared/ids.js';
import type { Random } from '../../shared/ports.js';
import { seededRandom } from '../../shared/prng.js';
import { defaultsOf } from '../../shared/settings/complete.js';
import { limits, retry, timeouts } from '../../shared/settings/forwarding.js';
import type { Route, ForwardingSettings } from '../../shared/settings.js';
import type { BackendSnapshot, PoolSnapshot, Snapshot } from '../../shared/snapshot.js';
import { type PoolTable, type RoutingTable, applySnapshot } from '../../data-plane/routing/routing-table.js';
import { backendAt, poolOf as snapshotPool, snapshotOf } from './snapshot-of.js';

export const FORWARDING: ForwardingSettings = {
  retry: { ...defaultsOf(retry), perTryTimeoutMs: 10_000, budgetMin: 3 },
  timeouts: defaultsOf(timeouts),
  limits: { ...defaultsOf(limits), requestsPerConnection: 1_000 },
  trustedProxies: [],
  metricsPath: null,
  accessLogRatio: 1,
};

export function aBackend(id: string, given: Partial<Omit<BackendSnapshot, 'id'>> = {}): BackendSnapshot {
  return backendAt(id, 8081, given);
}

export function aPool(
  backends: readonly BackendSnapshot[],
  { id = 'default', ...given }: Partial<Omit<PoolSnapshot, 'backends' | 'id'>> & { id?: string } = {},
): PoolSnapshot {
  return snapshotPool(backends, { ...given, id: poolId(id) });
}

/** A path prefix leads to each pool, and `/` to the one called `default`. */
export function aSnapshot(pools: readonly PoolSnapshot[], given: Partial<Snapshot> = {}): Snapshot {
  const routes = pools.map(({ id }) => aRoute(null, id === 'default' ? '/' : `/${id}`, id));
  return { ...snapshotOf(pools), forwarding: FORWARDING, routes, ...given };
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
