import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendList, base, QUICK_CHECK, startScenario, type Scenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

describe('what is wrong', () => {
  let scenario: Scenario;
  const yaml = (): string => `${base(1)}${QUICK_CHECK}\n${backendList(scenario.apps)}`;
  beforeAll(async () => {
    scenario = await startScenario(2, (apps) => `${base(1)}${QUICK_CHECK}\n${backendList(apps)}`);
  });
  afterAll(async () => scenario.dispose());
  const lineWith = (text: string) =>
    scenario.tidegate.lines.findLast(({ msg, sentence }) =>
      (typeof sentence === 'string' ? sentence : (msg ?? '')).includes(text),
    );
  const status = async (): Promise<string> => (await scenario.tidegate.cli('status')).stdout;

  it('with a file is in the log and in status, with its place and reason, until the file is good', async () => {
    const { tidegate } = scenario;
    expect(await status()).toContain('ready: forwarding');
    tidegate.write(`${yaml()}algoritm: random\n`);
    const place = `tidegate.yaml:${yaml().split('\n').length}:1: algoritm`;
    const line = await waitUntil('the line', () =>
      lineWith('was refused, the former configuration stays in force'),
    );
    expect(line).toMatchObject({ level: 40, sentence: expect.stringContaining(place) });
    expect(await status()).toContain(place);
    const { config } = (await tidegate.api('/api/v1/status')).body;
    expect(config.last_rejected.problems).toEqual([expect.stringContaining(place)]);
    tidegate.write(yaml());
    await waitUntil('the file to be taken', async () => !(await status()).includes('was refused'));
  });

  it('with a pool is a warning while some backends are left, and an error when none is', async () => {
    const { tidegate, apps } = scenario;
    await apps[1]?.kill();
    const fewer = await waitUntil('the warning', () => lineWith('has 1 of 2 backends'));
    expect(fewer).toMatchObject({ level: 40, pool: 'default' });
    expect(await status()).toContain('degraded: forwarding, but pool default is short of backends');
    await apps[0]?.kill();
    const none = await waitUntil('the error', () => lineWith('has NO backend'));
    expect(none).toMatchObject({ level: 50, pool: 'default' });
    const text = await status();
    expect(text.split('\n')[0]).toContain('NO BACKEND in pool default');
    expect(text).toContain('pool default has NO backend: every request is answered 503');
    expect((await tidegate.api('/api/v1/status')).body.pools[0]).toMatchObject({ standing: 'none' });
  });

  it('with a data directory is told at the start: who can write it, and which file it belongs to', async () => {
    const { tidegate } = scenario;
    await tidegate.stop();
    chmodSync(join(tidegate.dir, 'data'), 0o777);
    const other = join(tidegate.dir, 'other.yaml');
    copyFileSync(tidegate.configFile, other);
    await tidegate.run('-c', other);
    expect(lineWith('can be written by other users')).toMatchObject({ level: 40 });
    expect(lineWith('data_dir was last used with another file')).toMatchObject({
      level: 40,
      lastFile: tidegate.configFile,
    });
    // What was down is still down, and is told anew.
    expect(lineWith('has NO backend')).toMatchObject({ level: 50 });
  });
});
