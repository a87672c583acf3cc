import { backendList, base, startScenario, type Scenario } from '../support/scenario.js';

describe('what operators change at run time', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario(2, (apps) => `${base(1)}${backendList(apps)}`);
  });
  afterAll(async () => scenario.dispose());

  it('stays over restart and reload, is told wherever one would look, and can be undone', async () => {
    const { tidegate } = scenario;
    expect((await tidegate.cli('config', 'diff')).code).toBe(0);
    await tidegate.cli('backends', 'remove', 'app2');
    await tidegate.cli('backends', 'weight', 'app1', '5');
    await tidegate.stop();
    await tidegate.run();

    const warning = tidegate.lines.find(({ msg }) =>
      msg?.startsWith('run-time changes differ from the file'),
    );
    expect(warning).toMatchObject({ level: 40, places: 2 });
    expect((await tidegate.backend('app2')).status).toBe(404);
    expect((await tidegate.metrics()).get('tidegate_config_drift')).toBe(2);
    const told = 'differ from the file in 2 places';
    expect((await tidegate.cli('status')).stdout).toContain(told);
    expect((await tidegate.cli('reload')).stdout).toContain(told);

    const diff = await tidegate.cli('config', 'diff');
    expect(diff.code).toBe(1);
    expect(diff.stdout).toMatch(/pools\.default\.backends\.app1\.weight +1 +5 +\d{4}-.* by .*\(the API\)/);
    expect(diff.stdout).toMatch(
      /pools\.default\.backends\.app2 +in file +removed +\d{4}-.* by .*\(the API\)/,
    );

    const unasked = await tidegate.cli('config', 'reset', '--all');
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect((await tidegate.cli('config', 'reset')).code).toBe(2);
    expect((await tidegate.cli('config', 'reset', 'pools.default.nothing', '--yes')).code).toBe(1);

    const one = await tidegate.cli('config', 'reset', 'pools.default.backends.app2', '--yes');
    expect([one.code, one.stdout]).toEqual([
      0,
      expect.stringContaining('pools.default.backends.app2: back to the file'),
    ]);
    expect((await tidegate.cli('config', 'reset', '--all', '--yes')).code).toBe(0);
    expect(await tidegate.backend('app1')).toMatchObject({ weight: 1 });
    expect(await tidegate.backend('app2')).toMatchObject({ origin: 'file' });
    const last = await tidegate.cli('config', 'diff', '--json');
    expect([last.code, JSON.parse(last.stdout).differences]).toEqual([0, []]);
    expect((await tidegate.metrics()).get('tidegate_config_drift')).toBe(0);
  });
});
