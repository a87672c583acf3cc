/** What a health check asks for and expects: a virtual host, header fields, another port, a body. */
import { backendList, base, startScenario, type Scenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const CHECK =
  'interval: 300ms, timeout: 250ms, fast_interval: 100ms, failure_threshold: 2, success_threshold: 1, path: /health';

describe('a health check of a virtual host', () => {
  let scenario: Scenario;
  const yaml = (more: string): string => `${base(1)}health_check: { ${CHECK}${more} }
circuit_breaker: { enabled: false }
${backendList(scenario.apps)}`;

  beforeAll(async () => {
    scenario = await startScenario(2, (apps) => {
      for (const app of apps) Object.assign(app, { healthHost: 'www.example', healthBody: 'status: up' });
      return `${base(1)}health_check: { ${CHECK}, host: www.example }
circuit_breaker: { enabled: false }
${backendList(apps)}`;
    });
  });
  afterAll(async () => scenario.dispose());

  it('passes for its host alone, and says which status it got and expected', async () => {
    const { tidegate } = scenario;
    tidegate.write(yaml(''));
    await tidegate.untilAvailability('app1', 'unhealthy');
    const why = await tidegate.cli('why', 'app1');
    expect(why.stdout).toContain('status 421, expected 2xx');
    const [event] = await tidegate.events('&type=BackendBecameUnhealthy');
    expect(event.data.evidence.results.at(-1)).toMatchObject({
      passed: false,
      status: 421,
      unmet: 'status 421, expected 2xx',
    });
    tidegate.write(yaml(', host: www.example'));
    for (const app of ['app1', 'app2']) await tidegate.untilAvailability(app, 'available');
  });

  it('takes out the one backend whose body says that it is down', async () => {
    const { tidegate, apps } = scenario;
    const set = await tidegate.cli('pool', 'set', 'default', 'health_check.expect.body=/up$/');
    expect([set.code, set.stdout]).toEqual([0, expect.stringContaining('body: /up$/')]);
    apps[1]!.healthBody = 'status: down';
    await tidegate.untilAvailability('app2', 'unhealthy');
    expect((await tidegate.backend('app1')).availability).toBe('available');
    expect((await tidegate.cli('why', 'app2')).stdout).toContain('body lacks /up$/');
    expect((await tidegate.cli('status')).stdout).toContain('body lacks /up$/');
  });

  it('is changed while it runs, which is drift, stays over a reload and can be undone', async () => {
    const { tidegate, apps } = scenario;
    const change = await tidegate.change('PATCH', '/api/v1/pools/default', {
      health_check: {
        expect: { body: 'status: ' },
        headers: { 'X-Check': 'a' },
        expected_status: [200, '3xx'],
      },
    });
    expect(change.status).toBe(200);
    await tidegate.untilAvailability('app2', 'available');
    expect((await tidegate.cli('reload')).code).toBe(0);
    const shown = await tidegate.api('/api/v1/pools/default');
    expect(shown.body.health_check).toMatchObject({
      host: 'www.example',
      headers: { 'X-Check': 'a' },
      expect: { status: ['200', '3xx'], body: 'status: ' },
    });
    expect((await tidegate.cli('config', 'diff')).stdout).toContain('pools.default.health_check');
    await tidegate.cli('config', 'reset', '--all', '--yes');
    expect((await tidegate.api('/api/v1/pools/default')).body.health_check.expect).toEqual({
      status: ['2xx'],
    });
    expect((await tidegate.cli('config', 'diff')).code).toBe(0);
    apps[1]!.healthBody = 'status: up';
  });

  it('asks another port, which a reload brings', async () => {
    const { tidegate, apps } = scenario;
    const [first, second] = apps;
    tidegate.write(yaml(`, host: www.example, method: HEAD, port: ${first!.port}`));
    await waitUntil('the port to be in force', async () => {
      const { health_check: check } = (await tidegate.api('/api/v1/pools/default')).body;
      return check.port === first!.port && check.method === 'HEAD';
    });
    await second!.kill();
    const seen = first!.checks;
    await waitUntil('checks of both backends at the one port', () => first!.checks > seen + 6);
    expect((await tidegate.backend('app2')).health).toBe('healthy');
    await second!.listen();
  });

  it('refuses what no check may send or no file may say twice, and keeps what is in force', async () => {
    const { tidegate } = scenario;
    const refused = await tidegate.change('PATCH', '/api/v1/pools/default', {
      health_check: { headers: { 'X-A': 'a\r\nTransfer-Encoding: chunked' }, expect: { body: '/(?=a)/' } },
    });
    expect(refused.status).toBe(400);
    tidegate.write(yaml(', expected_status: 200, expect: { status: 2xx }'));
    await waitUntil('the refusal', async () =>
      (await tidegate.cli('status')).stdout.includes(
        'health_check.expected_status: found 200, expected one of expected_status and expect.status',
      ),
    );
    expect((await tidegate.backend('app1')).availability).toBe('available');
  });
});
