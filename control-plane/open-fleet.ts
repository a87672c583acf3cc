/**
 * Opens what a host needs to be a member of its fleet: the connections to Redis, the shared secret, and the member itself.
 */
import { randomUUID } from 'node:crypto';
import { type Role, takesTraffic } from '#shared/role.js';
import { monotonicMs } from '#shared/platform/system-clock.js';
import { readSharedRedis, type RedisTrouble } from './fleet/redis-probe.js';
import { FleetConnection, type FleetConnectionOptions } from './fleet/fleet-connection.js';
import { FleetNode } from './fleet/fleet-node.js';
import { FLEET_TIMES } from './fleet/fleet-times.js';
import { RedisFleetStore } from './fleet/redis-fleet-store.js';
import { ReplicaWatch } from './fleet/replica-watch.js';
import { refuseOtherFleet } from './fleet-name.js';
import { fleetSecret } from './fleet-secret.js';
import type { ProcessSettings } from './config/process-settings.js';
import { waitReplicasOf } from './config/redis-settings.js';
import type { Shared } from './open-shared.js';
import { CommandStamps } from './runtime/command-stamps.js';
import type { Membership } from './runtime/membership.js';
import type { SystemPorts } from './runtime/system-ports.js';
import { StartFailure } from './start-failure.js';
import { TIDEGATE_VERSION } from './version.js';

type OnResult = NonNullable<FleetConnectionOptions['onResult']>;

interface FleetOptions {
  readonly role: Role;
  readonly settings: ProcessSettings;
  readonly shared: Shared;
  readonly system: SystemPorts;
  readonly onResult: OnResult;
}

export interface OpenedFleet {
  readonly membership: Membership;
  /** The secret that all hosts share; `null` if it is unknown. */
  readonly secret: string | null;
  /** Ends the connections, without which a process whose start failed would not end. */
  readonly close: () => void;
}

/** Returns `null` if this host belongs to no fleet. Rejects with StartFailure if Redis answers but does not suit a fleet. */
export async function openFleet({
  role,
  settings,
  shared,
  system,
  onResult,
}: FleetOptions): Promise<OpenedFleet | null> {
  const { control, secret: given } = shared;
  const { name, candidate } = settings.cluster;
  if (control === null || name === null) return null;
  const { host, timers, clock, random, seed, logger } = system;
  await refuseOtherFleet(settings.dataDir, name);
  const times = FLEET_TIMES;
  const connection = new FleetConnection({
    access: control,
    name,
    timers,
    logger,
    callMs: times.callMs,
    onResult,
  });
  const replicas = new ReplicaWatch({ wanted: waitReplicasOf(settings.redis), logger });
  const store = new RedisFleetStore(connection, replicas);
  await refuseUnfit(connection, replicas.wanted > 0, system);
  const secret = given ?? (await fleetSecret({ store, dataDir: settings.dataDir, timers, logger }));
  const join: Membership['join'] = (loop, member) => {
    member.counters.joinsFleet();
    replicas.onShort = () => member.counters.appendUnreplicated();
    return new FleetNode({
      store,
      loop,
      host,
      incarnation: randomUUID(),
      version: TIDEGATE_VERSION,
      candidate,
      workers: () => member.reportedWorkers(),
      judges: takesTraffic(role),
      incidents: () => member.incidents(),
      appendUnknown: () => member.counters.appendUnknown(),
      times,
      timers,
      wall: clock,
      now: monotonicMs,
      random,
      secret: given === null ? secret : null,
      stampsFrom: (last, fleetClock) => {
        const stamps = new CommandStamps(last, { clock: fleetClock, seed, logger });
        return (draft) => stamps.stamp(draft);
      },
      logger,
    });
  };
  const warning = (): string | null => replicas.warning;
  return { membership: { name, join, warning }, secret, close: () => connection.close() };
}

async function refuseUnfit(
  connection: FleetConnection,
  waits: boolean,
  { logger }: SystemPorts,
): Promise<void> {
  const trouble: RedisTrouble = await readSharedRedis(connection, waits);
  if (trouble.kind === 'unfit') {
    connection.close();
    throw new StartFailure(`redis: ${trouble.problem}`);
  }
  if (trouble.kind === 'unreachable') {
    logger.warn({ reason: trouble.reason }, 'Redis cannot be asked: this host goes on with what it knows');
  }
}
