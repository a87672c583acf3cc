/** Steady traffic while the configuration is reloaded, weights change, and a backend is added and removed, again and again. */
import { AppServer } from './app-server.js';
import { Load } from './load.js';
import { QUICK_CHECK, backendList, base, startScenario, type Scenario } from './scenario.js';
import { waitUntil } from './wait-until.js';

const RATE = 1_000;
const RELOADS = 20;

/** One change after the other: 20 reloads, 20 changes of a weight, 10 additions and removals of a backend. */
function changesOf({ tidegate, apps }: Scenario, extra: AppServer): readonly (() => Promise<void>)[] {
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
      const path = '/api/v1/pools/default/backends/app2';
      expect((await tidegate.change('PATCH', path, { weight: 1 + (index % 7) })).status).toBe(200);
    });
    if (index % 2 === 1) continue;
    steps.push(async () => {
      const backend = { id: 'extra', url: extra.url };
      expect((await tidegate.change('POST', '/api/v1/pools/default/backends', backend)).status).toBe(201);
      await tidegate.untilAvailability('extra', 'available');
    });
    steps.push(async () => {
      expect((await tidegate.change('DELETE', '/api/v1/pools/default/backends/extra')).status).toBe(204);
    });
  }
  return steps;
}

/** Makes all changes within `durationMs` of 1,000 requests a second, and expects that each of these is answered. */
export async function expectNothingLost(durationMs: number): Promise<void> {
  const extra = await AppServer.start('extra');
  const scenario = await startScenario(
    3,
    (apps) => `${base(2)}algorithm: weighted-round-robin\n${backendList(apps)}${QUICK_CHECK}\n`,
  );
  try {
    const load = new Load({ port: scenario.tidegate.port, rate: RATE, connections: 50 });
    const began = performance.now();
    const until = (what: string, ms: number): Promise<unknown> =>
      waitUntil(what, () => performance.now() - began > ms, 2 * durationMs);
    load.start();
    const steps = changesOf(scenario, extra);
    for (const [index, step] of steps.entries()) {
      // Spread over nine tenths, so that all of them fall within the load.
      await until('the turn of the step', ((index + 1) * 0.9 * durationMs) / steps.length);
      await step();
    }
    await until('the end of the load', durationMs);
    const result = await load.stop();

    expect(result.failures).toEqual([]);
    expect([...result.statuses.keys()]).toEqual([200]);
    expect(result.answered).toBe(result.sent);
    // A busy machine may fall behind the rate; what counts is that nothing failed. Half of it must have been there.
    expect(result.sent).toBeGreaterThan((RATE * durationMs) / 1_000 / 2);
    expect(extra.served.length).toBeGreaterThan(0);
  } finally {
    await scenario.dispose();
    await extra.kill();
  }
}
