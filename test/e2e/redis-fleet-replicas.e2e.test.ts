import { FleetRig } from '../support/fleet/fleet-rig.js';
import { RedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

describe('a fleet whose changes wait for a replica', () => {
  let redis: RedisServer;
  let replica: RedisServer;
  let rig: FleetRig;
  beforeAll(async () => {
    redis = await RedisServer.start();
    replica = await RedisServer.start();
    await replica.replicate(redis);
    rig = await FleetRig.start({ server: redis, redis: ', wait_replicas: 1' });
  });
  afterAll(async () => {
    replica.resume();
    await rig.dispose();
    await replica.dispose();
    await redis.dispose();
  });

  it('accepts them while the replica stands still, and says so as long as it does', async () => {
    const [leader, other] = await rig.roles();
    const warning = async (): Promise<string | null> =>
      (await leader.tidegate.api('/api/v1/status')).body.fleet.warning;
    const unreplicated = async (): Promise<number | undefined> =>
      (await leader.tidegate.metrics()).get('tidegate_fleet_appends_unreplicated_total');
    await waitUntil('the replica', async () => (await warning()) === null);
    const before = await unreplicated();

    rig.startLoad();
    replica.pause();
    await rig.untilSeen(await rig.untilWritten(other));
    expect(await warning()).toContain('0 of 1 replicas');
    expect((await leader.tidegate.cli('status')).stdout).toContain('0 of 1 replicas');
    expect(await unreplicated()).toBeGreaterThan(before ?? NaN);

    replica.resume();
    await waitUntil('the replica', async () => (await warning()) === null);
    const counted = await unreplicated();
    await rig.untilSeen(await rig.untilWritten(leader));
    expect([await warning(), await unreplicated()]).toEqual([null, counted]);
    await rig.expectNoLoss();
  });
});
