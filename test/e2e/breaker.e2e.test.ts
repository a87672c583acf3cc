import { countBodies, httpGet } from '../support/http-get.js';
import { type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const LIMIT = 3;

describe('circuit breaker, with four workers', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(
      2,
      (apps) =>
        `${base(4)}${backendList(apps)}circuit_breaker: { failure_threshold: 5, reset_timeout: 1s, half_open_limit: ${LIMIT} }\n`,
    );
  });
  afterAll(async () => scenario.dispose());

  it('opens after failure_threshold failures, and all workers stop using the backend', async () => {
    const { tidegate, apps } = scenario;
    apps[0]!.status = 500;
    await waitUntil('the breaker to open', async () => {
      await countBodies(tidegate.url('/'), 10);
      return (await tidegate.backend('app1')).availability === 'ejected';
    });
    const [opened] = await tidegate.events('&type=BreakerOpened');
    expect(opened.data.evidence.failures).toBeGreaterThanOrEqual(5);
  });

  it('never lets more than half_open_limit trials run at once, over all workers', async () => {
    const { tidegate, apps } = scenario;
    const [tried] = apps;
    // Slow and still failing: every trial holds its permit, and none closes the breaker.
    tried!.delayMs = 300;
    tried!.resetPeak();
    const before = tried!.served.length;
    let running = true;
    const clients = Array.from({ length: 24 }, async () => {
      while (running) await httpGet(tidegate.url('/'));
    });
    await waitUntil('several rounds of trials', () => tried!.served.length >= before + 6);
    running = false;
    await Promise.all(clients);
    expect(tried!.peak).toBeGreaterThan(0);
    expect(tried!.peak).toBeLessThanOrEqual(LIMIT);
  });

  it('closes after successful trials, with never more than the limit at once', async () => {
    const { tidegate, apps } = scenario;
    const [tried] = apps;
    // In one step, or trials that still run could be the ones that close it.
    await waitUntil('running trials to end', () => {
      if (tried!.inFlight > 0) return false;
      tried!.status = 200;
      tried!.delayMs = 200;
      return true;
    });
    const before = tried!.arrivals.length;
    let running = true;
    const clients = Array.from({ length: 24 }, async () => {
      while (running) await httpGet(tidegate.url('/'));
    });
    const closed = await waitUntil(
      'the breaker to close',
      async () => (await tidegate.events('&type=BreakerClosed'))[0],
    );
    running = false;
    await Promise.all(clients);
    // The event is older than the snapshot that lets everything through again.
    const closedAt = Date.parse(closed.at);
    const trials = tried!.arrivals.slice(before).filter(({ at }) => at < closedAt);
    expect(trials.length).toBeGreaterThan(0);
    expect(Math.max(...trials.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(LIMIT);
    tried!.delayMs = 0;
    await tidegate.untilAvailability('app1', 'available');
    const phases = (await tidegate.events('&backend=app1')).map((event) => event.type);
    expect(phases).toEqual(expect.arrayContaining(['BreakerOpened', 'BreakerHalfOpened', 'BreakerClosed']));
  });

  it('serves through all backends when breakers would take out too many: panic, with an event and a metric', async () => {
    const { tidegate, apps } = scenario;
    for (const app of apps) app.status = 502;
    await waitUntil('panic', async () => {
      await countBodies(tidegate.url('/'), 10);
      return (await tidegate.metrics()).get('tidegate_pool_panic{pool="default"}') === 1;
    });
    for (const app of apps) app.status = 200;
    await waitUntil('recovery', async () => {
      await countBodies(tidegate.url('/'), 10);
      return (await tidegate.metrics()).get('tidegate_pool_panic{pool="default"}') === 0;
    });
    const types = (await tidegate.events()).map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(['PanicEntered', 'PanicLeft']));
  });
});
