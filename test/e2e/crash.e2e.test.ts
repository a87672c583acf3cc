import { countBodies, httpGet } from '../support/http-get.js';
import { isAlive } from '../support/replaced-primary.js';
import { QUICK_CHECK, type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

/** What of a backend must be the same after a restart. */
function lasting(backend: Record<string, unknown>): unknown {
  const { id, url, weight, admin, health, availability, origin, breaker } = backend;
  const { state, openings } = breaker as { state: string; openings: number };
  return { id, url, weight, admin, health, availability, origin, breaker: { state, openings } };
}

describe('processes that are killed', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(
      3,
      (apps) =>
        `${base(2)}algorithm: weighted-round-robin\n${backendList(apps)}${QUICK_CHECK}\ncircuit_breaker: { failure_threshold: 5, reset_timeout: 60s }\n`,
    );
  });
  afterAll(async () => scenario.dispose());

  it('replaces a killed worker, and no counter goes down', async () => {
    const { tidegate } = scenario;
    await countBodies(tidegate.url('/'), 50);
    const before = await tidegate.metrics();
    const pids = await tidegate.workerPids();
    expect(pids).toHaveLength(2);
    process.kill(pids[0]!, 'SIGKILL');
    const asked = await waitUntil('a new worker', async () => {
      const now = await tidegate.workerPids();
      return now.length === 2 && !now.includes(pids[0]!) ? now : false;
    });
    expect(asked).toContain(pids[1]);
    expect(await countBodies(tidegate.url('/'), 50)).not.toHaveProperty('size', 0);
    const after = await tidegate.metrics();
    for (const [sample, value] of before) {
      if (/_total|_count|_sum|_bucket/.test(sample)) {
        expect([sample, after.get(sample)! >= value]).toEqual([sample, true]);
      }
    }
    const [exited] = await tidegate.events('&type=WorkerExited');
    expect(exited.data).toMatchObject({ pid: pids[0], reason: 'signal SIGKILL', expected: false });
  });

  it('fails only the requests in flight on the killed worker', async () => {
    const { tidegate, apps } = scenario;
    for (const app of apps) app.delayMs = 400;
    const pids = await tidegate.workerPids();
    const requests = Array.from({ length: 40 }, () =>
      httpGet(tidegate.url('/')).then(
        (answer) => answer.status,
        () => 'broken',
      ),
    );
    await waitUntil(
      'all requests to be in flight',
      () => apps.reduce((sum, app) => sum + app.inFlight, 0) >= 40,
    );
    process.kill(pids[0]!, 'SIGKILL');
    const results = await Promise.all(requests);
    for (const app of apps) app.delayMs = 0;
    expect(results.every((result) => result === 200 || result === 'broken')).toBe(true);
    expect(results.filter((result) => result === 200).length).toBeGreaterThan(0);
    const later = await countBodies(tidegate.url('/'), 40);
    expect([...later.values()].reduce((sum, count) => sum + count)).toBe(40);
    await waitUntil('two workers', async () => (await tidegate.workerPids()).length === 2);
  });

  it('forwards while its primary is stopped, and loses no worker by it', async () => {
    const { tidegate } = scenario;
    const pids = await tidegate.workerPids();
    process.kill(tidegate.pid, 'SIGSTOP');
    const stopped = performance.now();
    // Longer than a worker may owe an answer while the primary is awake.
    await waitUntil('time to pass', async () => {
      expect((await httpGet(tidegate.url('/'))).status).toBe(200);
      return performance.now() - stopped > 8_000;
    });
    process.kill(tidegate.pid, 'SIGCONT');
    await waitUntil('the primary to be awake', async () => (await tidegate.api('/livez')).status === 200);
    expect(await tidegate.workerPids()).toEqual(pids);
  });

  it('replaces a worker that is stopped', async () => {
    const { tidegate } = scenario;
    const pids = await tidegate.workerPids();
    process.kill(pids[0]!, 'SIGSTOP');
    await waitUntil('another worker', async () => {
      expect((await httpGet(tidegate.url('/'))).status).toBe(200);
      const now = await tidegate.workerPids();
      return now.length === 2 && !now.includes(pids[0]!);
    });
  });

  it('refuses nobody while all workers are started again', async () => {
    const { tidegate } = scenario;
    for (let round = 0; round < 3; round += 1) {
      const pids = await waitUntil('two workers', async () => {
        const now = await tidegate.workerPids();
        return now.length === 2 && now;
      });
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await waitUntil('none to be left', () => !pids.some(isAlive));
      expect((await httpGet(tidegate.url('/'))).status).toBe(200);
    }
    await waitUntil('two workers', async () => (await tidegate.workerPids()).length === 2);
  });

  it('finds everything again after kill -9 of the primary: weights, admin states, health, breakers, history', async () => {
    const { tidegate, apps } = scenario;
    await tidegate.change('PATCH', '/api/v1/pools/default/backends/app1', { weight: 7 });
    await tidegate.change('POST', '/api/v1/pools/default/backends', {
      id: 'extra',
      url: apps[0]!.url.replace('127.0.0.1', 'localhost'),
      weight: 3,
    });
    await tidegate.change('PATCH', '/api/v1/pools/default/backends/extra', { admin: 'draining' });
    apps[1]!.healthStatus = 500;
    await tidegate.untilAvailability('app2', 'unhealthy');
    apps[2]!.status = 500;
    await waitUntil('the breaker of app3 to open', async () => {
      await countBodies(tidegate.url('/'), 10);
      return (await tidegate.backend('app3')).breaker.state === 'open';
    });
    await waitUntil(
      'extra to be checked',
      async () => (await tidegate.backend('extra')).health === 'healthy',
    );

    const ids = ['app1', 'app2', 'app3', 'extra'];
    const before = await Promise.all(ids.map(async (id) => lasting(await tidegate.backend(id))));
    const history = await tidegate.events();
    const orphans = await tidegate.workerPids();
    await tidegate.killPrimary();
    // Its workers go on forwarding by their last snapshot.
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);

    await tidegate.run();
    const after = await Promise.all(ids.map(async (id) => lasting(await tidegate.backend(id))));
    expect(after).toEqual(before);
    expect((await tidegate.events()).slice(0, history.length)).toEqual(history);
    await waitUntil('the old workers to end', () => orphans.every((pid) => !isAlive(pid)));
    apps[1]!.healthStatus = 200;
    apps[2]!.status = 200;
    await tidegate.untilAvailability('app2', 'available');
  });
});
