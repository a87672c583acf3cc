/** Builds the complete snapshot by which workers forward. Decides nothing. */
import { assert } from '#shared/assert.js';
import { availabilityOf } from '#shared/availability.js';
import { picked } from '#shared/settings/choose.js';
import { poolForWorkers, type PoolSettingsForWorkers } from '#shared/settings/pool.js';
import type { BackendSnapshot, PoolSnapshot, Snapshot, TrialPermit } from '#shared/snapshot.js';
import type { World } from './decision.js';
import type { BackendObservations } from './observations.js';
import { maxConnectionsOf } from './pool-state.js';
import type { BackendState, PoolState } from './state.js';

/** False before the first configuration, because there are no settings to forward by. */
export function mayForward(world: World): boolean {
  return world.state.forwarding !== null;
}

interface SnapshotOptions {
  readonly version: number;
  readonly at: number;
  /** The host of the workers. Within a host, workers have numbers; permits of other hosts are left out. */
  readonly host: string;
}

/** The snapshot of a world for the workers of one host. */
export function snapshotOf(world: World, { version, at, host }: SnapshotOptions): Snapshot {
  const { state, observations } = world;
  assert(state.forwarding !== null, 'there is something to forward by');
  return {
    epoch: state.epoch,
    version,
    seq: state.seq,
    at,
    forwarding: state.forwarding,
    routes: state.routes,
    pools: [...state.pools.values()].map((pool) => poolSnapshot(pool, observations.pools.get(pool.id), host)),
  };
}

/**
 * Whether workers need no new snapshot. They need one if something in it changed or a permit was granted. A returned permit
 * is no reason, because the worker itself returned it.
 */
export function sameForWorkers(before: World, after: World): boolean {
  return (
    before.state.pools === after.state.pools &&
    before.state.routes === after.state.routes &&
    before.state.forwarding === after.state.forwarding &&
    before.state.epoch === after.state.epoch &&
    before.observations.nextPermit === after.observations.nextPermit
  );
}

function poolSnapshot(
  pool: PoolState,
  seen: ReadonlyMap<BackendState['id'], BackendObservations> | undefined,
  host: string,
): PoolSnapshot {
  return {
    ...picked<PoolSettingsForWorkers>(poolForWorkers, pool.settings),
    id: pool.id,
    version: pool.version,
    ...(pool.sessionsFrom === 0 ? {} : { sessionsFrom: pool.sessionsFrom }),
    panic: pool.panic,
    backends: [...pool.backends.values()].map((backend) =>
      backendSnapshot(pool, backend, permitsOut(seen?.get(backend.id), host)),
    ),
  };
}

function backendSnapshot(
  pool: PoolState,
  backend: BackendState,
  permits: readonly TrialPermit[],
): BackendSnapshot {
  const limit = maxConnectionsOf(pool, backend);
  return {
    id: backend.id,
    address: backend.address,
    weight: backend.weight,
    availability: availabilityOf(backend),
    admin: backend.admin,
    generation: backend.generation,
    permits,
    ...(limit === null ? {} : { maxConnections: limit }),
  };
}

/**
 * All outstanding permits, in every phase. Otherwise a worker that had not seen a permit before it was spent would never
 * return it.
 */
function permitsOut(seen: BackendObservations | undefined, host: string): readonly TrialPermit[] {
  const permits = seen?.trials?.permits.filter(({ worker }) => worker.host === host) ?? [];
  return permits.map(({ permit, worker: { n: worker }, spent }) =>
    spent ? { permit, worker, spent } : { permit, worker },
  );
}
