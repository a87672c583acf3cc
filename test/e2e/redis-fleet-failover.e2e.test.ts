import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectSound, logOf } from '../support/fleet/fleet-log.js';
import { FleetRig, type RigHost } from '../support/fleet/fleet-rig.js';
import { underLoad } from '../support/fleet/under-load.js';
import { RedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

const USER = 'tidegate';
const HOUR_MS = 3_600_000;
/** A server whose clock is off sees all times that another has written shifted by as much. */
const SHIFT_TIMES = `redis.call('HINCRBY',KEYS[1],'until',ARGV[1])
for _,host in ipairs(redis.call('ZRANGE',KEYS[2],'0','-1')) do redis.call('ZINCRBY',KEYS[2],ARGV[1],host) end`;

/** How often the fleet has told this, by what a host has of its log. */
async function timesTold({ tidegate }: RigHost, type: string): Promise<number> {
  return (await tidegate.events(`&type=${type}`)).length;
}

/** Two servers, of which one takes the other's place; steady traffic on two hosts. */
describe('a fleet whose Redis', () => {
  let servers: readonly RedisServer[];
  let rig: FleetRig;
  beforeAll(async () => {
    servers = [await RedisServer.start(), await RedisServer.start()];
    const [server] = servers;
    const passwordFile = join(server!.dir, 'password');
    writeFileSync(passwordFile, 'sesame');
    for (const each of servers) {
      await each.command('ACL', 'SETUSER', USER, 'on', '>sesame', '~*', '&*', '+@all');
    }
    rig = await FleetRig.start({
      server: server!,
      redis: `, username: ${USER}, password_file: ${passwordFile}`,
    });
  });
  afterAll(async () => {
    await rig.dispose();
    await Promise.all(servers.map((server) => server.dispose()));
  });

  /** The other server, a master now, with what the present one had until now and nothing of what comes. */
  async function lagging(): Promise<RedisServer> {
    const other = servers.find((server) => server !== rig.redis)!;
    await other.replicate(rig.redis);
    await other.promote();
    return other;
  }

  function failOver(server: RedisServer): void {
    rig.redis = server;
    for (const { proxy } of rig.hosts) proxy.lead(server.port);
  }

  const epoch = async (): Promise<number> =>
    Number(await rig.redis.command('HGET', rig.key('lease'), 'epoch'));

  it.each([
    ['writes', false],
    ['an election and writes', true],
  ])('fails over and loses %s keeps what was acknowledged, and tells of the loss', (_what, losesElection) =>
    underLoad(rig, async () => {
      const told = await Promise.all(rig.hosts.map((host) => timesTold(host, 'HistoryLost')));
      const standby = await lagging();
      if (losesElection) {
        const before = await epoch();
        await rig.redis.command('HSET', rig.key('lease'), 'until', '0');
        await waitUntil(
          'another term',
          async () => (await epoch()) > before && (await rig.leader()) !== null,
        );
      }
      let weight = 0;
      for (let round = 0; round < 5; round += 1) {
        for (const host of rig.hosts) weight = await rig.untilWritten(host);
      }
      failOver(standby);
      for (const [index, host] of rig.hosts.entries()) {
        await waitUntil(`${host.name} to tell of the loss`, async () => {
          return (await timesTold(host, 'HistoryLost')) > told[index]!;
        });
      }
      await rig.untilSeen(weight);
    }),
  );

  it('goes on without what a cut-off host has last is followed by that host when it comes back', () =>
    underLoad(rig, async () => {
      const standby = await lagging();
      const [leader, other] = await rig.roles();
      other.proxy.cut();
      await rig.untilReadOnly(other);
      for (let round = 0; round < 5; round += 1) await rig.untilWritten(leader);
      leader.proxy.cut();
      rig.redis = standby;
      other.proxy.lead(standby.port);
      other.proxy.mend();
      const weight = await rig.untilWritten(other);
      const lost = (await leader.tidegate.backend('app1')).weight;
      expect(lost).not.toBe(weight);
      leader.proxy.lead(standby.port);
      leader.proxy.mend();
      await rig.untilSeen(weight);
    }));

  it.each([
    ['ahead', -HOUR_MS],
    ['behind', HOUR_MS],
  ])('fails over to a server whose clock is an hour %s has a leader, and all hosts', (_what, shiftMs) =>
    underLoad(rig, async () => {
      const [host] = rig.hosts;
      const left = await timesTold(host, 'HostLeft');
      const standby = await lagging();
      await standby.command('EVAL', SHIFT_TIMES, 2, rig.key('lease'), rig.key('hosts'), shiftMs);
      failOver(standby);
      await rig.untilWritable();
      expect(await timesTold(host, 'HostLeft')).toBe(left);
    }),
  );

  it.each([
    ['the user off', ['off']],
    ['another password', ['resetpass', '>another']],
  ])('has %s says so, and is written again when it is mended', (_what, rules) =>
    underLoad(rig, async () => {
      await rig.redis.command('ACL', 'SETUSER', USER, ...rules);
      await rig.redis.command('CLIENT', 'KILL', 'USER', USER);
      for (const { name, tidegate } of rig.hosts) {
        await waitUntil(`${name} to say why`, async () => {
          const { problem } = (await tidegate.api('/api/v1/status')).body.fleet;
          return String(problem).includes('WRONGPASS');
        });
        const refusals = tidegate.lines.filter(({ reason }) => String(reason).startsWith('WRONGPASS'));
        expect(refusals.map(({ msg }) => msg)).toContain('Redis refuses this host');
      }
      await rig.redis.command('ACL', 'SETUSER', USER, 'on', 'resetpass', '>sesame');
    }),
  );

  it('rings no bells any more is looked at with every beat, and rings again when it is mended', () =>
    underLoad(rig, async () => {
      const listeners = async (): Promise<unknown> => {
        const [, count] = (await rig.redis.command('PUBSUB', 'NUMSUB', rig.key('bell'))) as unknown[];
        return count;
      };
      await rig.redis.command('ACL', 'SETUSER', USER, '-subscribe');
      await rig.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await rig.untilWritable();
      expect(await listeners()).toBe(0);
      await rig.redis.command('ACL', 'SETUSER', USER, '+subscribe');
      await waitUntil('the bells', async () => (await listeners()) === rig.hosts.length);
    }));
});

/** A Sentinel chooses the next master of three servers. */
describe('a fleet behind a Sentinel', () => {
  let servers: readonly RedisServer[];
  let sentinel: RedisServer;
  let rig: FleetRig;
  beforeAll(async () => {
    const master = await RedisServer.start();
    const replicas = [await RedisServer.start(), await RedisServer.start()];
    servers = [master, ...replicas];
    for (const replica of replicas) await replica.replicate(master);
    sentinel = await RedisServer.sentinelOf(master, 'main');
    await waitUntil('the Sentinel to know the replicas', async () => {
      const known = (await sentinel.command('SENTINEL', 'replicas', 'main')) as unknown[];
      return known.length === replicas.length;
    });
    const where = (): string => `sentinels: ["127.0.0.1:${sentinel.port}"], name: main`;
    rig = await FleetRig.start({ server: master, where });
  });
  afterAll(async () => {
    await rig.dispose();
    await Promise.all([sentinel, ...servers].map((server) => server.dispose()));
  });

  it.each(['killed', 'stopped'])('goes on with the next master after one was %s', async (fault) => {
    rig.startLoad();
    await rig.goOn();
    const master = rig.redis;
    if (fault === 'killed') await master.kill();
    else master.pause();
    const next = await waitUntil('the next master', async () => {
      for (const host of rig.hosts) expect([200, 503]).toContain((await rig.write(host)).status);
      const [, port] = (await sentinel.command('SENTINEL', 'get-master-addr-by-name', 'main')) as string[];
      return servers.find((server) => server.port === Number(port) && server !== master);
    });
    rig.redis = next;
    await rig.untilWritable();
    if (fault === 'stopped') {
      // It believes that it is the master until the Sentinel tells it otherwise.
      master.resume();
      await rig.untilWritable();
    }
    expectSound(await logOf(rig));
    await rig.goOn();
    await rig.expectNoLoss();
  });
});
