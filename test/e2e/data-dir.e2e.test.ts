/** The data directory is deleted under a running primary: there is still one owner, and its workers are found again. */
import { rmSync } from 'node:fs';
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
    rmSync(join(tidegate.dir, 'data'), { recursive: true });
    const second = await runTidegate(['serve', '-c', tidegate.configFile]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('Another Tidegate process') });
    expect((await httpGet(tidegate.url('/'))).status).toBe(200);
  });

  it('does not hide the workers of a killed primary from the next one, which takes over', async () => {
    const { tidegate } = scenario;
    const orphans = await tidegate.workerPids();
    await tidegate.killPrimary();
    rmSync(join(tidegate.dir, 'data'), { recursive: true, force: true });
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
