import { expectSound, logOf } from '../support/fleet/fleet-log.js';
import { FleetRig, keyOfFleet } from '../support/fleet/fleet-rig.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { waitUntil } from '../support/wait-until.js';

/** What hosts agree on is in one slot, sessions are in all of them. */
describe('a fleet in a Redis Cluster', () => {
  let cluster: RedisCluster;
  let rig: FleetRig;
  beforeAll(async () => {
    cluster = await RedisCluster.start(keyOfFleet('head'));
    rig = await FleetRig.start({ server: cluster.masters[0]!, where: () => cluster.where });
  });
  afterAll(async () => {
    await rig.dispose();
    await cluster.dispose();
  });

  /** Traffic before, during and after; nothing of it may be lost. */
  async function underLoad(fault: (written: number) => Promise<void>): Promise<void> {
    rig.startLoad();
    await rig.goOn();
    const [, other] = await rig.roles();
    const weight = await rig.untilWritten(other);
    await rig.untilSeen(weight);
    await fault(weight);
    await rig.untilWritable();
    expectSound(await logOf(rig));
    await rig.goOn();
    await rig.expectNoLoss();
  }

  it('has sessions on all servers', () =>
    underLoad(async () => {
      for (const server of cluster.masters) {
        await waitUntil('sessions', async () => {
          const [, keys] = (await server.command('SCAN', 0, 'MATCH', 'tidegate:web:s:*', 'COUNT', 100)) as [
            string,
            string[],
          ];
          return keys.length > 0;
        });
      }
    }));

  it('goes on where its slot is moved to', () =>
    underLoad(async () => {
      const [from, to] = cluster.masters;
      await cluster.move(keyOfFleet('head'), from!, to!);
      await rig.untilWritten(rig.hosts[0]);
      await cluster.move(keyOfFleet('head'), to!, from!);
    }));

  it('goes on with the replica of its server after that was killed', () =>
    underLoad(async (written) => {
      await rig.redis.kill();
      await waitUntil('the replica to be the master', async () =>
        String(await cluster.replica.command('INFO', 'replication')).includes('role:master'),
      );
      rig.redis = cluster.replica;
      await waitUntil('a leader', () => rig.leader());
      await rig.untilSeen(written);
    }));
});
