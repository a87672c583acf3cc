import { execFileSync } from 'node:child_process';
import { NOT_FOLLOWED_YET } from '../../control-plane/join-fleet.js';
import { AppServer } from '../support/app-server.js';
import { startBackend } from '../support/backend-server.js';
import { freePort } from '../support/free-port.js';
import { httpGet } from '../support/http-get.js';
import { isAlive } from '../support/replaced-primary.js';
import { QUICK_CHECK, backendList, base } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

describe('starting and stopping', () => {
  let app: AppServer;
  let tidegate: Tidegate;

  beforeAll(async () => {
    app = await AppServer.start('app1');
  });
  afterAll(async () => app.kill());
  afterEach(async () => tidegate.dispose());

  it('ends in order when it is told to while it starts', async () => {
    tidegate = Tidegate.prepare(`${base(2)}${backendList([app])}`);
    const child = tidegate.spawn();
    const started = (): boolean => tidegate.lines.some((line) => line.msg === 'WorkerStarted');
    await waitUntil('a worker to be forked', started);
    child.kill('SIGHUP');
    child.kill('SIGTERM');
    expect(await tidegate.exited).toBe(0);
    expect(tidegate.lines.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it('does not wait for checks of backends that do not answer when it ends', async () => {
    const silent = await startBackend(() => undefined);
    const url = `http://127.0.0.1:${silent.port}`;
    tidegate = await Tidegate.start(
      `${base(1)}${backendList([app])}health_check: { interval: 60s, timeout: 60s, path: /health }\n`,
    );
    await tidegate.change('POST', '/api/v1/pools/default/backends', { id: 'silent', url });
    await silent.sees(1);
    // Were it to wait, the limit of this test would strike.
    expect(await tidegate.stop()).toBe(0);
    await silent.close();
  });

  it('does not wait for its fleet when it ends', async () => {
    const redis = `redis: { url: "redis://127.0.0.1:${await freePort()}" }\n`;
    const cluster = 'cluster: { name: web, host: lb-1 }\n';
    tidegate = Tidegate.prepare(`${base(1)}${redis}${cluster}${backendList([app])}`);
    const child = tidegate.spawn();
    const has = (message: string): boolean => tidegate.lines.some((line) => line.msg === message);
    await waitUntil('the host to join', () => has('PrimaryStarted'));
    child.kill('SIGTERM');
    expect(await tidegate.exited).toBe(0);
    expect(tidegate.lines.at(-1)).toMatchObject({ msg: 'stopped' });
    // It waits for nothing else before this.
    expect(has(NOT_FOLLOWED_YET)).toBe(false);
    expect(has('WorkerStarted')).toBe(false);
  });

  it('ends at once at a second signal, and its workers with it', async () => {
    const never = Promise.withResolvers<void>();
    app.gate = never.promise;
    tidegate = await Tidegate.start(`${base(1)}${backendList([app])}`);
    const [worker] = await tidegate.workerPids();
    const request = httpGet(tidegate.url('/')).catch(() => 'broken');
    await waitUntil('a request in flight', () => app.inFlight > 0);
    process.kill(tidegate.pid, 'SIGTERM');
    await waitUntil('the shutdown to begin', () => tidegate.lines.some((line) => line.msg === 'stopping'));
    process.kill(tidegate.pid, 'SIGTERM');
    expect(await tidegate.exited).toBe(1);
    expect(tidegate.lines.at(-1)).toMatchObject({
      msg: expect.stringMatching(/^SIGTERM again: ending at once/),
    });
    expect(await request).toBe('broken');
    await waitUntil('the worker to end', () => !isAlive(worker!));
    app.gate = null;
    never.resolve();
  });

  it('takes over from workers that do not react any more', async () => {
    const port = await freePort();
    tidegate = await Tidegate.start(
      `${base(2).replace('port: 0', `port: ${port}`)}${backendList([app])}${QUICK_CHECK}\n`,
    );
    const orphans = await tidegate.workerPids();
    process.kill(orphans[0]!, 'SIGSTOP');
    await tidegate.killPrimary();
    await tidegate.run();
    await tidegate.untilAvailability('app1', 'available');
    expect((await httpGet(tidegate.url('/'))).body).toBe('app1');
    await waitUntil('the old workers to end', () => orphans.every((pid) => !isAlive(pid)));
  });

  it('leaves the workers of a dead primary alone until it can take their place', async () => {
    const port = await freePort();
    const yaml = `${base(1).replace('port: 0', `port: ${port}`)}${backendList([app])}`;
    tidegate = await Tidegate.start(yaml);
    await tidegate.killPrimary();
    const taken = await startBackend(() => undefined);
    tidegate.write(yaml.replace('admin: { port: 0 }', `admin: { port: ${taken.port} }`));
    tidegate.spawn();
    expect(await tidegate.exited).toBe(1);
    expect((await httpGet(tidegate.url('/'))).body).toBe('app1');
    await taken.close();
    tidegate.write(yaml);
    await tidegate.run();
    expect((await httpGet(tidegate.url('/'))).body).toBe('app1');
  });

  it('starts a worker again that the system refused for want of descriptors', async () => {
    tidegate = await Tidegate.start(`${base(2)}${backendList([app])}`);
    const limit = (soft: number): unknown =>
      execFileSync('prlimit', [`--pid=${tidegate.pid}`, `--nofile=${soft}:`]);
    const before = /Max open files\s+(\d+)/.exec(
      execFileSync('cat', [`/proc/${tidegate.pid}/limits`], { encoding: 'utf8' }),
    );
    const [victim] = await tidegate.workerPids();
    limit(8);
    process.kill(victim!, 'SIGKILL');
    await waitUntil('the refusal', () => tidegate.lines.some((line) => line.msg === 'worker channel failed'));
    limit(Number(before?.[1]));
    await waitUntil('two workers', async () => (await tidegate.workerPids()).length === 2);
    expect(await tidegate.stop()).toBe(0);
  });
});
