import { AppServer } from '../support/app-server.js';
import { Load } from '../support/load.js';
import { QUICK_CHECK, type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const RATE = 1_000;
const DURATION_MS = 60_000;
const RELOADS = 20;
const WEIGHT_CHANGES = 20;
const ADDITIONS = 10;

describe('changes under load', () => {
  let scenario: Scenario;
  let extra: AppServer;

  beforeAll(async () => {
    extra = await AppServer.start('extra');
    scenario = await startScenario(
      3,
      (apps) => `${base(2)}algorithm: weighted-round-robin\n${backendList(apps)}${QUICK_CHECK}\n`,
    );
  });
  afterAll(async () => {
    await scenario.dispose();
    await extra.kill();
  });

  it(`answers every request of ${DURATION_MS / 1_000} s at ${RATE}/s through ${RELOADS} reloads, ${WEIGHT_CHANGES} weight changes and ${ADDITIONS} additions and removals`, async () => {
    const { tidegate, apps } = scenario;
    const load = new Load({ port: tidegate.port, rate: RATE, connections: 50 });
    const began = performance.now();
    load.start();

    // One step every second and a bit, so that all of them fall within the load.
    const steps: (() => Promise<void>)[] = [];
    for (let index = 0; index < RELOADS; index += 1) {
      steps.push(async () => {
        const algorithm = index % 2 === 0 ? 'round-robin' : 'weighted-round-robin';
        tidegate.write(
          `${base(2)}algorithm: ${algorithm}\n${backendList(apps, { app1: 1 + (index % 5) })}${QUICK_CHECK}\n`,
        );
        expect((await tidegate.change('POST', '/api/v1/config/reload')).status).toBe(200);
      });
      steps.push(async () => {
        const answer = await tidegate.change('PATCH', '/api/v1/pools/default/backends/app2', {
          weight: 1 + (index % 7),
        });
        expect(answer.status).toBe(200);
      });
      if (index % 2 === 1) continue;
      steps.push(async () => {
        const added = await tidegate.change('POST', '/api/v1/pools/default/backends', {
          id: 'extra',
          url: extra.url,
        });
        expect(added.status).toBe(201);
        await tidegate.untilAvailability('extra', 'available');
      });
      steps.push(async () => {
        expect((await tidegate.change('DELETE', '/api/v1/pools/default/backends/extra')).status).toBe(204);
      });
    }
    for (const [index, step] of steps.entries()) {
      await waitUntil(
        'the turn of the step',
        () => performance.now() - began > ((index + 1) * (DURATION_MS - 5_000)) / steps.length,
        DURATION_MS,
      );
      await step();
    }
    await waitUntil('the end of the load', () => performance.now() - began > DURATION_MS, DURATION_MS);
    const result = await load.stop();

    expect(result.failures).toEqual([]);
    expect([...result.statuses.keys()]).toEqual([200]);
    expect(result.answered).toBe(result.sent);
    // A busy machine may fall behind the rate; what counts is that nothing failed. Half of it must have been there.
    expect(result.sent).toBeGreaterThan((RATE * DURATION_MS) / 1_000 / 2);
    expect(extra.served.length).toBeGreaterThan(0);
  }, 120_000);
});
