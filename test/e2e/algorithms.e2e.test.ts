import { countBodies, httpGet } from '../support/http-get.js';
import { type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

describe('algorithms, over several workers', () => {
  let scenario: Scenario;
  const yaml = (algorithm: string) => (apps: Scenario['apps']) =>
    `${base(2)}algorithm: ${algorithm}\n${backendList(apps, { app1: 1, app2: 2, app3: 3 })}`;

  beforeAll(async () => {
    scenario = await startScenario(3, yaml('round-robin'));
  });
  afterAll(async () => scenario.dispose());

  async function use(algorithm: string): Promise<void> {
    const { tidegate } = scenario;
    const answer = await tidegate.change('PATCH', '/api/v1/pools/default', { algorithm });
    expect(answer.status).toBe(200);
    await tidegate.untilConverged();
  }

  it('round-robin gives every backend the same share, whatever the weights', async () => {
    const counts = await countBodies(scenario.tidegate.url('/'), 120);
    for (const share of ['app1', 'app2', 'app3'].map((id) => counts.get(id) ?? 0)) {
      expect(share).toBeGreaterThanOrEqual(36);
      expect(share).toBeLessThanOrEqual(44);
    }
  });

  it('weighted-round-robin gives shares by weight', async () => {
    await use('weighted-round-robin');
    const counts = await countBodies(scenario.tidegate.url('/'), 120);
    // Exact per worker over a cycle of 6; a started cycle of each of 2 workers may be off by some.
    expect(counts.get('app1')).toBeGreaterThanOrEqual(16);
    expect(counts.get('app1')).toBeLessThanOrEqual(24);
    expect(counts.get('app3')).toBeGreaterThanOrEqual(54);
    expect(counts.get('app3')).toBeLessThanOrEqual(66);
  });

  it('random uses every backend, by weight', async () => {
    await use('random');
    const counts = await countBodies(scenario.tidegate.url('/'), 240);
    // 40, 80 and 120 expected; eight standard deviations are allowed.
    expect(counts.get('app1')).toBeGreaterThan(0);
    expect(counts.get('app3') ?? 0).toBeGreaterThan(58);
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(240);
  });

  it('least-connections spares a backend that is busy, on whichever worker', async () => {
    const { tidegate, apps } = scenario;
    const [slow] = apps;
    for (const { id } of apps) {
      await tidegate.change('PATCH', `/api/v1/pools/default/backends/${id}`, { weight: 1 });
    }
    await use('least-connections');
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    slow!.gate = gate;
    const held: Promise<unknown>[] = [];
    const total = (): number => apps.reduce((sum, app) => sum + app.served.length, 0);
    const ask = async (): Promise<void> => {
      const before = total();
      held.push(httpGet(tidegate.url('/')));
      await waitUntil('the request to arrive', () => total() > before);
    };
    while (slow!.inFlight === 0) await ask();
    await waitUntil(
      'its load to be known to the primary',
      async () => (await tidegate.backend('app1')).active_requests > 0,
    );
    // The other worker is told a moment later; until then it may still choose the busy one.
    await waitUntil('only idle backends to be chosen', async () => {
      const before = slow!.served.length;
      for (let asked = 0; asked < 20; asked += 1) await ask();
      return slow!.served.length === before;
    });
    open();
    await Promise.all(held);
    slow!.gate = null;
  });
});
