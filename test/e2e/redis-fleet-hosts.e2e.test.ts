import { readFileSync } from 'node:fs';
import { AppServer } from '../support/app-server.js';
import { expectKept, expectSound, logOf } from '../support/fleet/fleet-log.js';
import { FleetRig, type RigHost } from '../support/fleet/fleet-rig.js';
import { RedisServer } from '../support/redis-server.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

describe('a fleet whose leader', () => {
  let rig: FleetRig;
  beforeAll(async () => {
    rig = await FleetRig.start();
  });
  afterAll(async () => {
    await rig.dispose();
  });

  it('is killed amid 200 writes has another, every acknowledged write once, and none twice', async () => {
    const [leader, other] = await rig.roles();
    rig.startLoad();
    const done = new Map<number, number>();
    let isKilled = false;
    // From 2 on, because a weight of 1 would change nothing.
    for (let weight = 2; weight < 202; weight += 1) {
      if (weight === 100) {
        await leader.tidegate.killPrimary();
        isKilled = true;
      }
      const host = isKilled || weight % 2 === 0 ? other : leader;
      const path = '/api/v1/pools/default/backends/app2';
      const { status } = await host.tidegate.change('PATCH', path, { weight });
      done.set(weight, status);
      if (isKilled && status !== 200) {
        await waitUntil('another leader', async () => (await rig.leader()) === other);
      }
    }
    const log = await logOf(rig);
    expectSound(log);
    expectKept(log, 'app2', done);
    expect([...done.values()].filter((status) => status === 200).length).toBeGreaterThan(100);

    await leader.tidegate.run();
    await rig.untilWritable();
    await rig.expectNoLoss();
  });

  it('stands still and wakes appends nothing that it began before', async () => {
    const [leader, other] = await rig.roles();
    rig.startLoad();
    process.kill(leader.tidegate.pid, 'SIGSTOP');
    try {
      await waitUntil('another leader', async () => (await rig.leader()) === other);
      await waitUntil('a write', async () => (await rig.write(other)).status === 200);
    } finally {
      process.kill(leader.tidegate.pid, 'SIGCONT');
    }
    await rig.untilWritable();
    expectSound(await logOf(rig));
    await rig.goOn();
    await rig.expectNoLoss();
  });

  it('is cut off has another; it refuses writes, and follows by itself when the link is back', async () => {
    const [leader, other] = await rig.roles();
    rig.startLoad();
    leader.proxy.cut();
    await waitUntil('another leader', async () => (await rig.leader()) === other);
    await rig.untilReadOnly(leader);
    await waitUntil('a write', async () => (await rig.write(other)).status === 200);
    leader.proxy.mend();
    await rig.untilWritable();
    expectSound(await logOf(rig));
    await rig.goOn();
    await rig.expectNoLoss();
    await waitUntil('word of it', async () => {
      const told = await other.tidegate.events('&type=HostWasAutonomous');
      return told.at(-1)?.data.host === leader.name;
    });
  });

  it('tells every host once which workers of another died, and so does the next leader after it', async () => {
    const [leader, other] = await rig.roles();
    const exits = async ({ tidegate }: RigHost): Promise<readonly unknown[]> =>
      (await tidegate.events('&type=HostWorkerExited')).map(({ data }) => [data.host, data.pid]);
    const kill = async (): Promise<number> => {
      await waitUntil('two workers', async () => (await other.tidegate.workerPids()).length === 2);
      const [pid] = await other.tidegate.workerPids();
      process.kill(pid!, 'SIGKILL');
      return pid!;
    };
    const first = await kill();
    await waitUntil('word of it', async () => (await exits(leader)).length === 1);
    const { stdout } = await leader.tidegate.cli('events', '--type', 'HostWorkerExited,HostWorkerReady');
    expect(stdout).toMatch(
      new RegExp(`worker \\d+ of ${other.name} \\(pid ${first}\\) died at \\S+: signal SIGKILL`),
    );
    // The host itself has events of its own, and shows the others only where they are asked for.
    const own = (await other.tidegate.events()).map(({ type }) => type);
    expect(own).toContain('WorkerExited');
    expect(own).not.toContain('HostWorkerExited');
    const logged = ({ tidegate }: RigHost) => tidegate.lines.map(({ msg }) => msg);
    expect(logged(leader)).toContain('HostWorkerExited');
    expect(logged(other)).toContain('WorkerExited');
    expect(logged(other)).not.toContain('HostWorkerExited');

    await leader.tidegate.killPrimary();
    const second = await kill();
    await waitUntil('another leader', async () => (await rig.leader()) === other);
    await waitUntil('word of the second', async () => (await exits(other)).length === 2);
    await leader.tidegate.run();
    await rig.untilWritable();
    const told = [first, second].map((pid) => [other.name, pid]);
    for (const host of rig.hosts) expect(await exits(host)).toEqual(told);
    expectSound(await logOf(rig));
  });

  it('stops hands over at once', async () => {
    const [leader, other] = await rig.roles();
    const exit = leader.tidegate.stop();
    await waitUntil('another leader', async () => (await rig.leader()) === other);
    await waitUntil('a write', async () => (await rig.write(other)).status === 200);
    expect(await exit).toBe(0);
    await leader.tidegate.run();
    await rig.untilWritable();
  });
});

describe('a host of a fleet', () => {
  let rig: FleetRig;
  beforeAll(async () => {
    rig = await FleetRig.start();
  });
  afterAll(async () => {
    await rig.dispose();
  });

  it('that meets a log entry which it cannot read says so, and serves by itself', async () => {
    const [, other] = await rig.roles();
    rig.startLoad();
    const log = await logOf(rig);
    const last = log.at(-1)!;
    const seq = last.seq + 1;
    await rig.redis.command('XADD', rig.key('log'), `${seq}-${last.epoch}`, 'e', '{"type":"FromTheFuture"}');
    await rig.redis.command('HSET', rig.key('head'), 'seq', String(seq));
    await rig.redis.command('PUBLISH', rig.key('bell'), 'log');
    await rig.untilReadOnly(other);
    await rig.goOn();
    // The hand that wrote it takes it back; what the leader knows is put in its place.
    await rig.redis.command('DEL', rig.key('head'));
    await rig.untilWritable();
    await rig.expectNoLoss();
  });

  it('that comes back with an older file does not undo what the fleet has done since', async () => {
    const [a, b] = rig.hosts;
    const path = '/api/v1/config/reload';
    const before = readFileSync(a.tidegate.configFile, 'utf8');
    await b.tidegate.stop();
    a.tidegate.write(before.replace('weight: 1 }', 'weight: 77 }'));
    await waitUntil('the file', async () => (await a.tidegate.backend('app1')).weight === 77);
    await b.tidegate.run();
    expect((await b.tidegate.backend('app1')).weight).toBe(77);
    expect((await b.tidegate.change('POST', path)).body).toMatchObject({ result: 'older' });
    expect((await a.tidegate.backend('app1')).weight).toBe(77);
    expect((await b.tidegate.change('POST', `${path}?force=true`)).body).toMatchObject({ result: 'applied' });
    await waitUntil('the forced file', async () => (await a.tidegate.backend('app1')).weight === 1);
  });

  it('whose start fails ends, though it is connected to Redis', async () => {
    const [a] = rig.hosts;
    const yaml = readFileSync(a.tidegate.configFile, 'utf8').replace('host: host-a', 'host: host-c');
    const host = Tidegate.prepare(yaml);
    host.spawn();
    expect(await host.exited).toBe(1);
    expect(host.stderr).toContain('listen');
    await host.dispose();
  });

  it('with the name of another does not start, and says why', async () => {
    const [a] = rig.hosts;
    const yaml = readFileSync(a.tidegate.configFile, 'utf8').replace(/port: \d+ /, 'port: 0 ');
    const double = Tidegate.prepare(yaml);
    double.spawn();
    expect(await double.exited).toBe(1);
    expect(double.stderr).toContain('another process of the fleet is called host-a');
    await double.dispose();
  });
});

describe('a fleet without a host that may lead', () => {
  it('serves, and refuses writes', async () => {
    const redis = await RedisServer.start();
    const app = await AppServer.start('app1');
    const yaml = `listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: 1
log: { format: json }
redis: { url: "${redis.url}" }
cluster: { name: web, host: only, candidate: false }
backends:
  - { id: app1, url: "${app.url}" }
`;
    const host = await Tidegate.start(yaml);
    const answer = await host.change('PATCH', '/api/v1/pools/default/backends/app1', { weight: 5 });
    expect(answer).toMatchObject({ status: 503, body: { type: 'urn:tidegate:control_plane_read_only' } });
    expect((await fetch(host.url('/'))).status).toBe(200);
    await host.dispose();
    await app.kill();
    await redis.dispose();
  });
});

const CLUSTER_NODE = { 'cluster-enabled': 'yes' };

/** Names that a start says when Redis cannot be used. */
describe('a start with a Redis that', () => {
  const yaml = (url: string, more = ''): string => `listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: 1
log: { format: json }
redis: { url: "${url}"${more} }
cluster: { name: web, host: only }
backends: [{ id: a, url: "http://127.0.0.1:1" }]
`;
  async function refusal(config: string): Promise<string> {
    const host = Tidegate.prepare(config);
    host.spawn();
    expect(await host.exited).toBe(1);
    const { stderr } = host;
    await host.dispose();
    return stderr;
  }

  it.each([
    ['may evict the log', { 'maxmemory-policy': 'allkeys-lru' }, /maxmemory-policy is allkeys-lru/],
    ['wants a password', { requirepass: 'secret' }, /refuses this user: NOAUTH/],
    [
      'is a node of a Redis Cluster',
      CLUSTER_NODE,
      /: it is a node of a Redis Cluster; name some of the nodes/,
    ],
  ] as const)('%s is refused', async (_name, directives, words) => {
    const redis = await RedisServer.start(directives);
    expect(await refusal(yaml(redis.url))).toMatch(words);
    await redis.dispose();
  });

  it('is of another kind than its settings say is refused, for sessions too', async () => {
    const redis = await RedisServer.start();
    const node = await RedisServer.start(CLUSTER_NODE);
    const sentinel = await RedisServer.sentinelOf(redis, 'main');
    const instead = (text: string): string => yaml(redis.url).replace(/redis: .*/, `redis: { ${text} }`);
    expect(await refusal(yaml(sentinel.url))).toContain('redis: it is a Sentinel; name it under sentinels');
    expect(await refusal(instead(`cluster: ["127.0.0.1:${redis.port}"]`))).toContain(
      'redis: it is no Redis Cluster; name it by url',
    );
    expect(await refusal(instead(`sessions: { url: "${node.url}" }`))).toContain(
      'redis: it is a node of a Redis Cluster; name some of the nodes',
    );
    await Promise.all([redis, node, sentinel].map((server) => server.dispose()));
  });

  it('forbids a command names it', async () => {
    const redis = await RedisServer.start();
    await redis.command('ACL', 'SETUSER', 'default', '-xadd');
    expect(await refusal(yaml(redis.url))).toMatch(/forbids the command XADD/);
    await redis.dispose();
  });

  it('is not there goes on with what the host knows', async () => {
    const redis = await RedisServer.start();
    const url = redis.url;
    await redis.kill();
    const host = await Tidegate.start(yaml(url));
    expect((await host.api('/api/v1/pools/default')).status).toBe(200);
    await redis.restart();
    await waitUntil('the fleet', async () => {
      const path = '/api/v1/pools/default/backends/a';
      return (await host.change('PATCH', path, { weight: 5 })).status === 200;
    });
    await host.dispose();
    await redis.dispose();
  });
});
