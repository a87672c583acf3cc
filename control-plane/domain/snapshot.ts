/** Builds what workers need to forward, whole. Decides nothing. */
import { assert } from '#shared/assert.js';
import { availabilityOf } from '#shared/availability.js';
import type { BackendSnapshot, PoolSnapshot, Snapshot, TrialPermit } from '#shared/snapshot.js';
import type { World } from './decision.js';
import type { BackendObservations } from './observations.js';
import { maxConnectionsOf } from './pool-state.js';
import type { BackendState, PoolState } from './state.js';

/** False before the first configuration, when there is nothing to forward by. */
export function mayForward(world: World): boolean {
  return world.state.forwarding !== null;
}

interface SnapshotOptions {
  readonly version: number;
  readonly at: number;
  /** Whose workers it is for: they know each other by their numbers, and permits of other hosts are not theirs. */
  readonly host: string;
}

/** The snapshot of a world by which the workers of a host may forward. */
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
 * Whether workers must hear of it: something in their snapshot changed, or a permit was granted. That one came back is
 * no news, its worker said so.
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
  const { algorithm, sticky, queue, timeouts, retry } = pool.settings;
  return {
    id: pool.id,
    version: pool.version,
    algorithm,
    sticky,
    ...(pool.sessionsFrom === 0 ? {} : { sessionsFrom: pool.sessionsFrom }),
    panic: pool.panic,
    queue,
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(retry === undefined ? {} : { retry }),
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

/** All that are out, in every phase: a worker that never saw a permit before it was spent would else never return it. */
function permitsOut(seen: BackendObservations | undefined, host: string): readonly TrialPermit[] {
  const permits = seen?.trials?.permits.filter(({ worker }) => worker.host === host) ?? [];
  return permits.map(({ permit, worker: { n: worker }, spent }) =>
    spent ? { permit, worker, spent } : { permit, worker },
  );
}
