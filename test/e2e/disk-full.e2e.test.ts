/** A data directory on a disk that is really full, under traffic. */
import { join } from 'node:path';
import { Load } from '../support/load.js';
import { QUICK_CHECK, type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { SmallDisk, canMount } from '../support/small-disk.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const RATE = 400;
const describeMounted = canMount() ? describe : describe.skip;

describeMounted('while nothing can be stored', () => {
  let disk: SmallDisk;
  let scenario: Scenario;
  let load: Load | null = null;

  beforeAll(async () => {
    disk = new SmallDisk();
    scenario = await startScenario(
      3,
      (apps) =>
        `${base(2)}data_dir: ${join(disk.dir, 'data')}\n${backendList(apps)}${QUICK_CHECK}\ncircuit_breaker: { failure_threshold: 5, reset_timeout: 500ms }\n`,
    );
  });
  afterAll(async () => {
    await load?.stop();
    await scenario.dispose();
    disk.dispose();
  });

  const untilStored = (ok: boolean) =>
    waitUntil(`store.ok to be ${ok}`, async () => {
      return (await scenario.tidegate.api('/api/v1/status')).body.store.ok === ok;
    });

  it(`loses no request of ${RATE}/s while the disk is filled, a backend dies, and it is freed`, async () => {
    const { tidegate, apps } = scenario;
    load = new Load({ port: tidegate.port, rate: RATE, connections: 30 });
    load.start();
    disk.fill();
    await apps[0]!.kill();
    await tidegate.untilAvailability('app1', 'unhealthy');
    await untilStored(false);
    // The workers know it: nothing is sent there and sent again elsewhere any more.
    await tidegate.untilConverged();
    await apps[0]!.listen();
    await waitUntil('app1 to be back', async () => {
      return (await tidegate.backend('app1')).availability === 'available';
    });
    disk.free();
    await untilStored(true);
    const { failures, failureCount, answered } = await load.stop();
    expect(failures).toEqual([]);
    expect(failureCount).toBe(0);
    expect(answered).toBeGreaterThan(0);
    const types = (await tidegate.events('&backend=app1')).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['BackendBecameUnhealthy', 'BackendBecameHealthy']));
  });

  it('says so: status, readyz, metric, log; shows what happens; refuses what operators want', async () => {
    const { tidegate, apps } = scenario;
    disk.fill();
    apps[1]!.healthStatus = 500;
    await tidegate.untilAvailability('app2', 'unhealthy');
    await untilStored(false);
    const ready = await tidegate.api('/readyz');
    expect(ready.status).toBe(200);
    expect(ready.body).toMatch(
      /^ready: forwarding\ndegraded: nothing can be stored since \S+; status says why\n$/,
    );
    expect((await tidegate.metrics()).get('tidegate_store_ok')).toBe(0);
    const status = await tidegate.cli('status');
    expect(status.stdout).toMatch(/degraded: forwarding, but|short of backends/);
    expect(status.stdout).toMatch(/nothing can be stored since .*disk.* full/);

    const change = await tidegate.change('PATCH', '/api/v1/pools/default/backends/app3', { weight: 9 });
    expect(change).toMatchObject({ status: 503, body: { type: 'urn:tidegate:event_log' } });
    expect(change.body.detail).toContain('Nothing was changed');
    expect((await tidegate.cli('backends', 'weight', 'app3', '9')).code).toBe(1);
    expect((await tidegate.change('POST', '/api/v1/config/reload')).status).toBe(503);

    const [newest] = (await tidegate.api('/api/v1/events?backend=app2&limit=1')).body.events;
    expect(newest.type).toBe('BackendBecameUnhealthy');
    expect((await tidegate.cli('why', 'app2')).stdout).toContain('app2 is unhealthy');

    // A file that cannot be applied now is applied later, by itself.
    tidegate.write(
      `${base(2)}data_dir: ${join(disk.dir, 'data')}\n${backendList(apps, { app1: 4 })}${QUICK_CHECK}\ncircuit_breaker: { failure_threshold: 5, reset_timeout: 500ms }\n`,
    );
    await waitUntil('the file to be refused', () =>
      tidegate.lines.some(({ msg }) => msg === 'configuration not applied before it can be stored'),
    );
    expect((await tidegate.backend('app1')).weight).toBe(1);
    disk.free();
    await waitUntil('the file to be applied', async () => (await tidegate.backend('app1')).weight === 4);
    const told = tidegate.lines.filter(({ msg }) => msg?.startsWith('nothing can be stored') === true);
    expect(told).toHaveLength(2);
    expect((await tidegate.metrics()).get('tidegate_store_ok')).toBe(1);
  });

  it('has all of it after kill -9, once it could be stored', async () => {
    const { tidegate, apps } = scenario;
    const before = await tidegate.events('&backend=app2');
    await tidegate.killPrimary();
    await tidegate.run();
    expect((await tidegate.events('&backend=app2')).slice(0, before.length)).toEqual(before);
    expect((await tidegate.backend('app2')).health).toBe('unhealthy');
    apps[1]!.healthStatus = 200;
    await tidegate.untilAvailability('app2', 'available');
  });

  it('refuses to start with one sentence', async () => {
    const { tidegate, apps } = scenario;
    await tidegate.stop();
    disk.fill();
    await expectNoStart('full');
    disk.free();
    disk.setReadOnly(true);
    await expectNoStart('read-only');
    disk.setReadOnly(false);

    async function expectNoStart(why: string): Promise<void> {
      const started = Tidegate.prepare(`${base(1)}data_dir: ${join(disk.dir, 'data')}\n${backendList(apps)}`);
      const child = started.spawn();
      expect(await started.exited).toBe(1);
      expect(child.exitCode).toBe(1);
      expect(started.stderr).toMatch(new RegExp(`^tidegate: [^\\n]*${why}[^\\n]*\\n$`));
      await started.dispose();
    }
  });
});
