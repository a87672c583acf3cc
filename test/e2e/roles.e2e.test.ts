import { rmSync } from 'node:fs';
import { AppServer } from '../support/app-server.js';
import { freePort } from '../support/free-port.js';
import { Load } from '../support/load.js';
import { RedisServer } from '../support/redis-server.js';
import { backendList, base, PATIENT_CHECK } from '../support/scenario.js';
import { type LogLine, Tidegate, tidegate } from '../support/tidegate-process.js';
import type { Role } from '../../shared/role.js';
import { waitUntil } from '../support/wait-until.js';

/** Hosts of one fleet on a real Redis: one that leads and takes no traffic, and two that only take traffic. */
describe('a fleet whose hosts have roles', () => {
  let redis: RedisServer;
  let apps: readonly AppServer[];
  let control: Tidegate;
  let workers: readonly [Tidegate, Tidegate];

  const fleet = (host: string, name = 'web'): string =>
    `redis: { url: "redis://127.0.0.1:${redis.port}" }\ncluster: { name: ${name}, host: ${host} }\n`;
  const prepare = (role: Role, yaml: string): Tidegate => {
    const instance = Tidegate.prepare(yaml);
    instance.role = role;
    return instance;
  };
  const worker = async (name: string): Promise<Tidegate> =>
    prepare('worker', `${base(2).replace('port: 0', `port: ${await freePort()}`)}${fleet(name)}`);
  const controlFile = (): string =>
    `admin: { port: 0 }\nlog: { format: json }\n${fleet('control-a')}${backendList(apps)}${PATIENT_CHECK}\n`;

  beforeAll(async () => {
    redis = await RedisServer.start();
    apps = await Promise.all(['app1', 'app2'].map((id) => AppServer.start(id)));
    control = prepare('control', controlFile());
    workers = [await worker('worker-a'), await worker('worker-b')];
  });
  afterAll(async () => {
    await Promise.all([control, ...workers].map((instance) => instance.dispose()));
    await Promise.all(apps.map((app) => app.kill()));
    await redis.dispose();
  });

  it('has workers that wait for a configuration and say so, until control brings it', async () => {
    const [first, second] = workers;
    const running = first.run();
    // All at a first start: there is no directory yet, and nothing to warn of but that it waits.
    const waits = await waitUntil('the worker to say that it waits', () =>
      first.lines.find(({ msg }) => msg?.includes('has no configuration yet')),
    );
    expect(waits.msg).toBe(
      'this host has no configuration yet: it takes no traffic until its fleet gives it one',
    );
    const isWarning = (line: LogLine): boolean => Number(line['level']) >= 40;
    expect(first.lines.filter(isWarning).map(({ msg }) => msg)).toEqual([
      'the fleet cannot be followed yet: this host goes on with what it knows',
      waits.msg,
    ]);
    await control.run();
    await running;
    await second.run();
    for (const instance of workers) {
      for (const { id } of apps) await instance.untilAvailability(id, 'available');
      expect((await fetch(instance.url('/'))).status).toBe(200);
    }
  });

  it('is led by control, which judges nothing and says so', async () => {
    const { body } = await control.api('/api/v1/status');
    expect(body).toMatchObject({
      role: 'control',
      ready: true,
      workers: { total: 0 },
      pools: [{ standing: 'unknown', shortage: null }],
    });
    expect(body.pools[0].backends[0].reason).toBe('this host takes no traffic, and judges no backends');
    expect(body.fleet).toMatchObject({ leads: true, mode: 'following' });
    expect([...(await control.metrics()).keys()].filter((name) => name.includes('_backend_up'))).toEqual([]);
    expect((await control.cli('why', 'app1')).stdout).toContain('judges no backends');
    expect((await workers[0].backend('app1')).elsewhere).toEqual([]);
    expect((await workers[0].cli('status')).stdout).toContain('configuration of the fleet applied');
    expect((await control.cli('status')).stdout).toContain(
      '2 backends, judged by the hosts that take traffic',
    );
    expect((await workers[0].api('/api/v1/status')).body).toMatchObject({
      role: 'worker',
      fleet: { leads: false },
    });
  });

  it('is changed by way of any of them', async () => {
    for (const [index, host] of [control, ...workers].entries()) {
      const weight = 10 + index;
      const path = '/api/v1/pools/default/backends/app1';
      expect((await host.change('PATCH', path, { weight })).status).toBe(200);
      for (const other of [control, ...workers]) {
        await waitUntil('the change', async () => (await other.backend('app1')).weight === weight);
      }
    }
  });

  it('goes on without control and without Redis, and a worker starts then on what it had', async () => {
    const [first, second] = workers;
    const load = new Load({ port: second.port, rate: 200, connections: 50 });
    load.start();
    await control.killPrimary();
    await redis.kill();
    const pids = await first.workerPids();
    await first.killPrimary();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await first.run();
    expect(
      first.lines.some(({ msg }) => msg?.includes('this host goes on with what it knows') === true),
    ).toBe(true);
    expect((await fetch(first.url('/'))).status).toBe(200);
    expect((await first.backend('app1')).weight).toBe(12);
    const refused = await first.change('PATCH', '/api/v1/pools/default/backends/app1', { weight: 9 });
    expect(refused).toMatchObject({ status: 503, body: { type: 'urn:tidegate:control_plane_read_only' } });
    expect((await load.stop()).failures).toEqual([]);
  });

  it('never has a worker for a leader', async () => {
    await redis.restart();
    const [first] = workers;
    await waitUntil('the fleet to have no leader', async (): Promise<boolean> => {
      const { fleet: now } = (await first.api('/api/v1/status')).body;
      return now.mode === 'autonomous' && now.leader === null;
    });
    await control.run();
    await waitUntil('the worker to follow', async (): Promise<boolean> => {
      return (await first.api('/api/v1/status')).body.fleet.mode === 'following';
    });
    expect((await control.api('/api/v1/status')).body.fleet.leads).toBe(true);
    expect((await first.backend('app1')).weight).toBe(12);
  });

  it.each([
    ['control', 'listen', (): string => `${controlFile()}listen: { port: 80 }\n`],
    ['worker', 'backends', (): string => `${fleet('worker-c')}${backendList(apps)}`],
    ['worker', 'redis and cluster', (): string => 'admin: { port: 0 }\n'],
  ] as const)('refuses a file that is not for %s, with 2: %s', async (role, told, yaml) => {
    const wrong = prepare(role, yaml());
    const { code, stderr } = await tidegate([role, '-c', wrong.configFile]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(told)]);
    const checked = await tidegate(['validate', '--role', role, wrong.configFile]);
    expect(checked.code).toBe(2);
    rmSync(wrong.dir, { recursive: true });
  });

  it('refuses a volume of another fleet, with 2', async () => {
    const [first] = workers;
    await first.stop();
    first.write(`${base(1)}${fleet('worker-a', 'shop')}`);
    const { code, stderr } = await tidegate(['worker', '-c', first.configFile], {}, first.dir);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^tidegate: data_dir: \S+ has the history of the fleet web, and cluster.name is shop\. /,
      ),
    ]);
  });
});
