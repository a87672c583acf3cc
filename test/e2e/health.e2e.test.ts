import { countBodies, httpGet } from '../support/http-get.js';
import { QUICK_CHECK, type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

describe('health checks', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(
      2,
      (apps) => `${base()}${backendList(apps)}${QUICK_CHECK}\ncircuit_breaker: { enabled: false }\n`,
    );
  });
  afterAll(async () => scenario.dispose());

  it('takes a backend out after failure_threshold failures in a row, and says why', async () => {
    const { tidegate, apps } = scenario;
    apps[0]!.healthStatus = 503;
    await tidegate.untilAvailability('app1', 'unhealthy');
    await tidegate.untilConverged();
    expect(await countBodies(tidegate.url('/'), 20)).toEqual(new Map([['app2', 20]]));

    const [event] = await tidegate.events('&type=BackendBecameUnhealthy');
    expect(event.backend).toBe('app1');
    expect(event.data.evidence.results).toHaveLength(3);
    for (const result of event.data.evidence.results) {
      expect(result).toMatchObject({ passed: false, status: 503 });
    }

    const why = await tidegate.cli('why', 'app1');
    expect(why.code).toBe(0);
    expect(why.stdout).toContain('unhealthy');
    expect(why.stdout).toContain('503');
  });

  it('brings it back after success_threshold passes', async () => {
    const { tidegate, apps } = scenario;
    apps[0]!.healthStatus = 200;
    await tidegate.untilAvailability('app1', 'available');
    await tidegate.untilConverged();
    const counts = await countBodies(tidegate.url('/'), 20);
    expect([...counts.keys()].sort()).toEqual(['app1', 'app2']);
  });

  it('answers no failure to GETs when a backend is killed, and takes it out by what traffic saw', async () => {
    const { tidegate, apps } = scenario;
    await apps[1]!.kill();
    expect(await countBodies(tidegate.url('/'), 60)).toEqual(new Map([['app1', 60]]));
    await tidegate.untilAvailability('app2', 'unhealthy');
    await apps[1]!.listen();
    await tidegate.untilAvailability('app2', 'available');
  });

  it('answers 503 with Retry-After when no backend is left, and forwards again when one is back', async () => {
    const { tidegate, apps } = scenario;
    for (const app of apps) app.healthStatus = 500;
    await tidegate.untilAvailability('app1', 'unhealthy');
    await tidegate.untilAvailability('app2', 'unhealthy');
    await tidegate.untilConverged();
    const refused = await httpGet(tidegate.url('/'));
    expect(refused.status).toBe(503);
    expect(refused.headers['x-tidegate-error']).toBe('no_backend');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    for (const app of apps) app.healthStatus = 200;
    await waitUntil('traffic to flow again', async () => (await httpGet(tidegate.url('/'))).status === 200);
  });

  it('checks a backend added at run time before it takes traffic', async () => {
    const { tidegate, apps } = scenario;
    const [, second] = apps;
    second!.healthStatus = 500;
    await tidegate.untilAvailability('app2', 'unhealthy');
    const added = await tidegate.change('POST', '/api/v1/pools/default/backends', {
      id: 'late',
      url: second!.url.replace('127.0.0.1', 'localhost'),
    });
    expect(added.status).toBe(201);
    const seen = second!.checks;
    await waitUntil('it to be checked', () => second!.checks > seen + 2);
    expect((await tidegate.backend('late')).availability).not.toBe('available');
    second!.healthStatus = 200;
    await tidegate.untilAvailability('late', 'available');
  });
});
