/**
 * The table that a worker routes by: built whole from a snapshot and swapped in one assignment. It takes over rotations,
 * loads, permits and waiters from the table before, so build a table only to use it.
 */
import type { PoolId } from '#shared/ids.js';
import type { Random } from '#shared/ports.js';
import type { ForwardingSettings } from '#shared/settings.js';
import { type Snapshot, type SnapshotPosition, isNewer } from '#shared/snapshot.js';
import { SlotQueue } from './slot-queue.js';
import { type PoolTable, closeGates, poolTable } from './pool-table.js';
import { type RouteIndex, buildRouteIndex } from './route-match.js';
import { type RouteTarget, forwardingWith, longestSilenceMs, routeTargets } from './route-target.js';
import { type TrialLedger, LedgerUpdate, emptyLedger } from './trial-permits.js';
import { type TrustedProxies, parseTrusted } from './trusted-proxies.js';

export type { BackendEntry } from './backend-entry.js';
export type { PoolTable } from './pool-table.js';
export { matchRoute, routeRequest } from './route-match.js';
export type { RouteTarget } from './route-target.js';

export interface RoutingTable extends SnapshotPosition {
  /** Those of the file. Requests of a route go by those of its target. */
  readonly forwarding: ForwardingSettings;
  readonly trusted: TrustedProxies;
  readonly pools: ReadonlyMap<PoolId, PoolTable>;
  readonly routes: RouteIndex<RouteTarget>;
  /** How long nothing at all may pass on a connection with requests, whatever routes they have. */
  readonly silenceMs: number;
  readonly ledger: TrialLedger;
}

interface WorkerPosition {
  /** This worker's number: whose permits are its own, and where its rotations begin. */
  readonly worker: number;
  readonly workers: number;
  /** Its index among the workers, from 0. Unknown: it has no part in what does not divide evenly. */
  readonly index?: number | undefined;
  readonly random: Random;
  /** Milliseconds, on the clock that `takeUnusedPermits` is told. */
  readonly at: number;
}

interface TableOptions extends WorkerPosition {
  readonly previous: RoutingTable | null;
}

function buildRoutingTable(snapshot: Snapshot, options: TableOptions): RoutingTable {
  const { previous } = options;
  const { forwarding } = snapshot;
  // What may throw comes first. If it throws, the table before stays in force and has lost nothing to this one.
  const trusted = parseTrusted(forwarding.trustedProxies);
  const ledger = previous?.ledger ?? emptyLedger();
  const permits = new LedgerUpdate(ledger, snapshot, options);
  const pools = new Map<PoolId, PoolTable>();
  for (const pool of snapshot.pools) {
    const before = previous?.pools.get(pool.id);
    const queue = before?.queue ?? new SlotQueue();
    const start = { ...options, queue, forwarding: forwardingWith(forwarding, pool) };
    pools.set(pool.id, poolTable(pool, permits, before, start));
  }
  permits.finish();
  for (const before of previous?.pools.values() ?? []) {
    if (pools.has(before.id)) continue;
    closeGates(before);
    before.queue.close();
  }
  for (const pool of pools.values()) pool.queue.tableChanged(pool, options.random);
  const targets = routeTargets(snapshot.routes, pools);
  return {
    epoch: snapshot.epoch,
    version: snapshot.version,
    forwarding,
    trusted,
    pools,
    routes: buildRouteIndex(snapshot.routes, (route) => targets.get(route)),
    silenceMs: longestSilenceMs(forwarding, targets.values()),
    ledger,
  };
}

/** The table to use from now on. Only a newer snapshot replaces the table, so late and repeated snapshots change nothing. */
export function applySnapshot(
  current: RoutingTable | null,
  incoming: Snapshot,
  position: WorkerPosition,
): RoutingTable {
  if (current !== null && !isNewer(incoming, current)) return current;
  return buildRoutingTable(incoming, { ...position, previous: current });
}
