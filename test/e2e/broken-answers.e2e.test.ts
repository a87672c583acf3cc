/** A backend that breaks off within every answer, whatever its heads say: it leaves, stays out, and comes back when it is whole. */
import { httpGet } from '../support/http-get.js';
import { type Scenario, QUICK_CHECK, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

describe.each(['native', 'compat'])('answers that break off half-way, with the %s engine', (engine) => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(
      3,
      (apps) =>
        `${base(2)}engine: ${engine}\n${backendList(apps)}${QUICK_CHECK}\n` +
        'circuit_breaker: { failure_threshold: 5, failure_ratio: 0.6, reset_timeout: 500ms, max_reset_timeout: 1s, half_open_limit: 2 }\n',
    );
  });
  afterAll(async () => scenario.dispose());

  async function ask(): Promise<void> {
    await httpGet(scenario.tidegate.url('/')).catch(() => undefined);
  }
  async function count(type: string): Promise<number> {
    return (await scenario.tidegate.events(`&type=${type}&backend=app1`)).length;
  }

  it('open the breaker at a failure ratio of 0.6, though checks pass and heads are good', async () => {
    scenario.apps[0]!.breaks = true;
    await waitUntil('the breaker to open', async () => {
      for (let asked = 0; asked < 6; asked += 1) await ask();
      return (await count('BreakerOpened')) === 1;
    });
    const [opened] = await scenario.tidegate.events('&type=BreakerOpened&backend=app1');
    const { successes, failures, buckets } = opened.data.evidence;
    // What was answered before it broke is in the window, too.
    expect(failures / (failures + successes)).toBeGreaterThanOrEqual(0.6);
    const reasons = (buckets as { failures: object }[]).flatMap((bucket) => Object.keys(bucket.failures));
    expect(new Set(reasons)).toEqual(new Set(['body']));
  });

  it('fail the trials of the half-open breaker, and `why` says by what', async () => {
    const { tidegate } = scenario;
    await waitUntil('trials that failed', async () => {
      await ask();
      return (await count('BreakerOpened')) >= 3;
    });
    expect(await count('BreakerClosed')).toBe(0);
    const openings = await tidegate.events('&type=BreakerOpened&backend=app1');
    expect(openings[1].data.evidence).toMatchObject({ kind: 'trial-failed', reason: 'body' });
    const { stdout } = await tidegate.cli('why', 'app1');
    expect(stdout).toMatch(/a trial by worker \d+ failed: response broken off/);
  });

  it('count once: as errors, not as answers', async () => {
    const { metrics, served } = await waitUntil('all counts', async () => {
      const samples = await scenario.tidegate.metrics();
      const ofApp1 = (name: string, label: string): number =>
        samples.get(`tidegate_${name}{pool="default",backend="app1",${label}}`) ?? 0;
      const counted = {
        answered: ofApp1('backend_requests_total', 'code_class="2xx"'),
        broken: ofApp1('backend_errors_total', 'reason="body"'),
      };
      const all = scenario.apps[0]!.served.length;
      return counted.answered + counted.broken === all ? { metrics: counted, served: all } : null;
    });
    expect(metrics.broken).toBeGreaterThanOrEqual(5);
    expect(metrics.answered + metrics.broken).toBe(served);
  });

  it('close the breaker once they are whole again', async () => {
    scenario.apps[0]!.breaks = false;
    await waitUntil('the breaker to close', async () => {
      await ask();
      return (await count('BreakerClosed')) === 1;
    });
    await scenario.tidegate.untilAvailability('app1', 'available');
  });
});
