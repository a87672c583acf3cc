/** The data directory is deleted under a running primary: there is still one owner, and its workers are found again. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { httpGet } from '../support/http-get.js';
import { type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { tidegate as runTidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

describe('a data_dir that was deleted', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(2, (apps) => `${base(2)}${backendList(apps)}`);
  });
  afterAll(async () => scenario.dispose());

  it('still belongs to the primary that runs', async () => {
    const { tidegate } = scenario;
    rmSync(join(tidegate.dir, 'data'), { recursive: true, maxRetries: 10 });
    const second = await runTidegate(['serve', '-c', tidegate.configFile]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('Another Tidegate process') });
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);
  });

  it('is made anew within seconds, with the state and word of what is missing, and takes changes again', async () => {
    const { tidegate } = scenario;
    const keyFile = join(tidegate.dir, 'data', 'session-key');
    await waitUntil('what was deleted before to be back', () => existsSync(keyFile));
    const key = readFileSync(keyFile, 'utf8');
    const { seq } = (await tidegate.api('/api/v1/status')).body;
    rmSync(join(tidegate.dir, 'data'), { recursive: true, force: true, maxRetries: 10 });
    const told = await waitUntil('the log to be made anew', async () => {
      return (await tidegate.events('&type=EventsLost')).find((event) => event.seq > seq);
    });
    expect(told).toMatchObject({ data: { first: 1, reason: 'file' } });
    expect(told.sentence).toContain('the event log was made anew with the present state');
    // One line for each time: this test's, and that of the one before.
    const lines = () => tidegate.lines.filter((line) => JSON.stringify(line).includes('made anew'));
    await waitUntil('its line in the log', () => lines().some((line) => line['seq'] === told.seq));
    expect(lines().filter((line) => line['seq'] === told.seq)).toMatchObject([
      { level: 50, msg: 'EventsLost' },
    ]);
    expect(lines().every(({ msg }) => msg === 'EventsLost')).toBe(true);
    expect((await tidegate.api('/api/v1/status')).body.store.ok).toBe(true);
    expect((await tidegate.metrics()).get('tidegate_store_failures_total{kind="lost"}')).toBeGreaterThan(0);
    await waitUntil('the session key to be back', () => existsSync(keyFile));
    expect(readFileSync(keyFile, 'utf8')).toBe(key);
    const changed = await tidegate.change('PATCH', '/api/v1/pools/default/backends/app2', { weight: 7 });
    expect(changed.status).toBe(200);
    await tidegate.killPrimary();
    await tidegate.run();
    expect((await tidegate.backend('app2')).weight).toBe(7);
  });

  it('does not hide the workers of a killed primary from the next one, which takes over', async () => {
    const { tidegate } = scenario;
    const orphans = await tidegate.workerPids();
    await tidegate.killPrimary();
    rmSync(join(tidegate.dir, 'data'), { recursive: true, force: true, maxRetries: 10 });
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);
    await tidegate.run();
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);
    await waitUntil('the old workers to end', () => orphans.every((pid) => !isAlive(pid)));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
