import { AppServer } from '../support/app-server.js';
import { httpGet } from '../support/http-get.js';
import { base } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

describe.each(['native', 'compat'])('timeouts and retries of pools and routes, %s engine', (engine) => {
  let apps: readonly AppServer[];
  let tidegate: Tidegate;

  /** `report` waits for its answers, all else for a second. `once` has one backend that is dead. */
  const yaml = (report = 'timeouts: { response_head: 60s }'): string => {
    const backends = (...used: readonly (AppServer | undefined)[]): string =>
      `backends: [${used.map((app) => `{ id: ${app?.id}, url: "${app?.url}" }`).join(', ')}]`;
    const [live, dead] = apps;
    return `${base(1)}engine: ${engine}
timeouts: { response_head: 1s }
pools:
  web: { ${backends(live)}, circuit_breaker: { enabled: false } }
  both: { ${backends(live, dead)}, circuit_breaker: { enabled: false } }
  once: { ${backends(live, dead)}, circuit_breaker: { enabled: false }, retry: { attempts: 1 } }
routes:
  - { path_prefix: /report, pool: web, ${report} }
  - { path_prefix: /both, pool: both }
  - { path_prefix: /once, pool: once }
  - { pool: web }
`;
  };
  const ask = (path: string) => httpGet(tidegate.url(path));
  /** Twice, because one in two requests meets the dead backend first. */
  const statuses = async (path: string): Promise<readonly number[]> =>
    [(await ask(path)).status, (await ask(path)).status].toSorted((a, b) => a - b);

  /** What the requests get while the backend answers nobody, and then answers those that still wait. */
  async function whileSlow(longer: string, shorter: string): Promise<readonly [number, number]> {
    const [app] = apps;
    if (app === undefined) throw new Error('no app');
    const gate = Promise.withResolvers<void>();
    app.gate = gate.promise;
    const slow = ask(longer);
    await waitUntil('the slow request', () => app.inFlight === 1);
    const quick = await ask(shorter);
    if (quick.status === 504) expect(quick.headers['x-tidegate-error']).toBe('upstream_timeout');
    gate.resolve();
    app.gate = null;
    return [(await slow).status, quick.status];
  }

  beforeAll(async () => {
    apps = [await AppServer.start('app1'), await AppServer.start('app2')];
    tidegate = await Tidegate.start(yaml());
    await apps[1]?.kill();
  });
  afterAll(async () => {
    await tidegate.dispose();
    await Promise.all(apps.map((app) => app.kill()));
  });

  it('a slow answer passes by one route, and is cut by another to the same backend', async () => {
    expect(await whileSlow('/report', '/page')).toEqual([200, 504]);
  });

  it('a pool that is to be tried once is not tried again', async () => {
    expect(await statuses('/both')).toEqual([200, 200]);
    expect(await statuses('/once')).toEqual([200, 502]);
  });

  it('are changed at run time, told as changes, and go back to the file', async () => {
    const set = await tidegate.cli('pool', 'set', 'once', 'retry.attempts=2', 'timeouts.response_head=60s');
    expect(set).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('timeouts: { response_head: 1m }'),
    });
    await tidegate.untilConverged();
    expect(await statuses('/once')).toEqual([200, 200]);
    expect(await whileSlow('/once', '/page')).toEqual([200, 504]);

    const event = (await tidegate.events('&type=PoolSettingsChanged')).at(-1);
    expect(event.sentence).toContain('timeouts.response_head as in the file → 1m, retry.attempts 1 → 2');
    const diff = await tidegate.cli('config', 'diff');
    expect(diff.stdout).toMatch(/pools\.once\.timeouts .*response_head.*1m/);
    expect(diff.stdout).toMatch(/pools\.once\.retry .*attempts.*1.*attempts.*2/);
    // A reload of the same file takes nothing back.
    expect((await tidegate.change('POST', '/api/v1/config/reload')).body.result).toBe('unchanged');

    expect((await tidegate.cli('config', 'reset', '--all', '--yes')).code).toBe(0);
    await tidegate.untilConverged();
    expect(await statuses('/once')).toEqual([200, 502]);
    const shown = (await tidegate.cli('pool', 'show', 'once')).stdout;
    expect(shown).toMatch(/^timeouts: as for all pools$/m);
    expect(shown).toMatch(/^retry: \{ attempts: 1 \}$/m);
  });

  it('are refused where they belong to the file', async () => {
    const refused = await tidegate.cli('pool', 'set', 'web', 'timeouts.keep_alive=5s');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('timeouts.keep_alive: expected in timeouts of the file, because'),
    ]);
  });

  it('follow the file when it is loaded again', async () => {
    const routes = async () => (await tidegate.api('/api/v1/config')).body.live.routes;
    expect(await routes()).toContainEqual({
      path_prefix: '/report',
      pool: 'web',
      timeouts: { response_head: '1m' },
    });
    tidegate.write(yaml('retry: { attempts: 2 }'));
    expect((await tidegate.change('POST', '/api/v1/config/reload')).status).toBe(200);
    await tidegate.untilConverged();
    expect(await routes()).toContainEqual({ path_prefix: '/report', pool: 'web', retry: { attempts: 2 } });
    tidegate.write(yaml());
    expect((await tidegate.change('POST', '/api/v1/config/reload')).status).toBe(200);
    await tidegate.untilConverged();
    expect(await whileSlow('/report', '/page')).toEqual([200, 504]);
  });
});
