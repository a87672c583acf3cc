import { renameSync, writeFileSync } from 'node:fs';
import { countBodies } from '../support/http-get.js';
import { type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

describe('configuration reload', () => {
  let scenario: Scenario;
  const yaml = (weights: Readonly<Record<string, number>> = {}, more = '', count = 2): string =>
    `${base()}algorithm: weighted-round-robin\n${backendList(scenario.apps.slice(0, count), weights)}${more}`;

  beforeAll(async () => {
    scenario = await startScenario(
      3,
      (apps) => `${base()}algorithm: weighted-round-robin\n${backendList(apps)}`,
    );
  });
  afterAll(async () => scenario.dispose());

  it('applies a file that was written in place', async () => {
    const { tidegate } = scenario;
    tidegate.write(yaml({ app1: 5 }));
    await waitUntil('the weight', async () => (await tidegate.backend('app1')).weight === 5);
    expect((await tidegate.backend('app3')).status).toBe(404);
  });

  it('applies a file that was moved into place', async () => {
    const { tidegate } = scenario;
    writeFileSync(`${tidegate.configFile}.new`, yaml({ app1: 6 }));
    renameSync(`${tidegate.configFile}.new`, tidegate.configFile);
    await waitUntil('the weight', async () => (await tidegate.backend('app1')).weight === 6);
  });

  it('keeps a weight set through the API when the file does not touch it, and shows the drift', async () => {
    const { tidegate } = scenario;
    expect((await tidegate.cli('backends', 'weight', 'app2', '9')).code).toBe(0);
    tidegate.write(yaml({ app1: 7 }));
    await waitUntil('the other weight', async () => (await tidegate.backend('app1')).weight === 7);
    expect((await tidegate.backend('app2')).weight).toBe(9);
    const { drift } = (await tidegate.api('/api/v1/config')).body;
    expect(drift).toEqual([expect.objectContaining({ file: 1, live: 9 })]);
    tidegate.write(yaml({ app1: 7, app2: 2 }));
    await waitUntil("the file's weight", async () => (await tidegate.backend('app2')).weight === 2);
  });

  it('keeps the last good configuration when the file is wrong, and tells every mistake with its place', async () => {
    const { tidegate } = scenario;
    const good = yaml({ app1: 7, app2: 2 });
    const lines = good.split('\n').length;
    tidegate.write(`${good}algoritm: random\ncircuit_breaker: { reset_timeout: 30 }\n`);
    const rejected = await waitUntil('the rejection', async () =>
      (await tidegate.events('&type=ConfigRejected')).at(-1),
    );
    expect(rejected.data.problems).toEqual([
      expect.stringContaining(`tidegate.yaml:${lines}:1: algoritm:`),
      expect.stringContaining(`tidegate.yaml:${lines + 1}:35: circuit_breaker.reset_timeout:`),
    ]);
    expect((await tidegate.backend('app1')).weight).toBe(7);
    const metrics = await tidegate.metrics();
    expect(metrics.get('tidegate_config_last_reload_successful')).toBe(0);
    const answer = await tidegate.change('POST', '/api/v1/config/reload');
    expect(answer.status).toBe(422);
    const refused = () => tidegate.lines.filter(({ msg }) => msg?.includes('is still refused') === true);
    const before = refused().length;
    expect(refused().at(-1)).toMatchObject({
      level: 40,
      msg: expect.stringMatching(/tidegate\.yaml:\d+:1: algoritm: .* \(and 1 more\)$/),
    });
    process.kill(tidegate.pid, 'SIGHUP');
    await waitUntil('the answer to SIGHUP', () => refused().length > before);
    tidegate.write(good);
    await waitUntil(
      'the good file',
      async () => (await tidegate.metrics()).get('tidegate_config_last_reload_successful') === 1,
    );
  });

  it('reloads on SIGHUP and through the API', async () => {
    const { tidegate } = scenario;
    tidegate.write(yaml({ app1: 3 }));
    process.kill(tidegate.pid, 'SIGHUP');
    await waitUntil('the weight', async () => (await tidegate.backend('app1')).weight === 3);
    process.kill(tidegate.pid, 'SIGHUP');
    await waitUntil('the answer where nothing has changed', () =>
      tidegate.lines.some(({ msg }) => msg === 'SIGHUP: the configuration has not changed'),
    );
    tidegate.write(yaml({ app1: 4 }));
    expect((await tidegate.change('POST', '/api/v1/config/reload')).status).toBe(200);
    expect((await tidegate.backend('app1')).weight).toBe(4);
  });

  it('changes algorithm, backends, health check, breaker and sticky session while running', async () => {
    const { tidegate, apps } = scenario;
    const more = [
      'health_check: { interval: 300ms, timeout: 200ms, path: /health }',
      'circuit_breaker: { failure_threshold: 7 }',
      'sticky_session: { enabled: true, type: ip }',
      '',
    ].join('\n');
    tidegate.write(yaml({}, more, 3).replace('weighted-round-robin', 'random'));
    await tidegate.untilAvailability('app3', 'available');
    const pool = (await tidegate.api('/api/v1/pools/default')).body;
    expect(pool.algorithm).toBe('random');
    expect(pool.circuit_breaker.failure_threshold).toBe(7);
    expect(pool.sticky_session.type).toBe('ip');
    await waitUntil('checks', () => apps[2]!.checks > 0);
    await tidegate.untilConverged();
    expect((await countBodies(tidegate.url('/'), 10)).size).toBe(1);
    tidegate.write(yaml({}, '', 3));
  });

  it('says which changes need a restart, and applies the rest', async () => {
    const { tidegate } = scenario;
    tidegate.write(yaml({ app1: 8 }).replace('port: 0 }\nadmin', 'port: 4321 }\nadmin'));
    await waitUntil('the weight', async () => (await tidegate.backend('app1')).weight === 8);
    const { body } = await tidegate.api('/api/v1/config');
    expect(body.restart_needed).toEqual([expect.stringContaining('listen.port')]);
    expect(await countBodies(tidegate.url('/'), 1)).not.toEqual(new Map([['503', 1]]));
  });
});
