import { initialObservations } from '../../control-plane/domain/observations.js';
import { type TidegateEvent } from '../../control-plane/domain/events.js';
import { replayStep } from '../../control-plane/domain/replay.js';
import { initialState } from '../../control-plane/domain/state.js';
import { upcast } from '../../control-plane/domain/upcast.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { join } from 'node:path';
import { countBodies } from '../support/http-get.js';
import { QUICK_CHECK, type Scenario, backendList, base, startScenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

describe('the journal of a real life', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario(
      3,
      (apps) =>
        `${base(2)}${backendList(apps)}${QUICK_CHECK}\ncircuit_breaker: { failure_threshold: 5, reset_timeout: 500ms }\n`,
    );
  });
  afterAll(async () => scenario.dispose());

  it('gives the identical events when it is decided again, over failures, changes, a crash and a restart', async () => {
    const { tidegate, apps } = scenario;
    await countBodies(tidegate.url('/'), 60);
    apps[0]!.status = 500;
    await waitUntil('a breaker to open', async () => {
      await countBodies(tidegate.url('/'), 10);
      return (await tidegate.events('&type=BreakerOpened')).length > 0;
    });
    apps[0]!.status = 200;
    await waitUntil('it to close', async () => {
      await countBodies(tidegate.url('/'), 10);
      return (await tidegate.events('&type=BreakerClosed')).length > 0;
    });
    apps[1]!.healthStatus = 503;
    await tidegate.untilAvailability('app2', 'unhealthy');
    await tidegate.change('PATCH', '/api/v1/pools/default/backends/app3', { weight: 5 });
    apps[1]!.healthStatus = 200;
    await tidegate.untilAvailability('app2', 'available');
    await tidegate.killPrimary();
    await tidegate.run();
    await apps[2]!.kill();
    await countBodies(tidegate.url('/'), 30);
    await tidegate.untilAvailability('app3', 'unhealthy');
    await apps[2]!.listen();
    // Its breaker may have opened too: then it takes traffic to close it.
    await waitUntil('app3 to be available', async () => {
      await countBodies(tidegate.url('/'), 5);
      return (await tidegate.backend('app3')).availability === 'available';
    });
    expect(await tidegate.stop()).toBe(0);

    const log = await openSqliteStorage(join(tidegate.dir, 'data'), upcast);
    const events = await log.events.read({ limit: 10_000, order: 'forward' });
    let world = { state: initialState(), observations: initialObservations() };
    const replayed: TidegateEvent[] = [];
    for await (const entry of log.journal.read(0, Number.MAX_SAFE_INTEGER)) {
      const step = replayStep(world, entry);
      expect(step.problem).toBeNull();
      world = step.world;
      replayed.push(...step.events);
    }
    await log.close();
    expect(events.map((event) => event.type)).toEqual(
      expect.arrayContaining([
        'BreakerOpened',
        'BreakerClosed',
        'BackendBecameUnhealthy',
        'BackendSettingsChanged',
        'WorkerExited',
      ]),
    );
    expect(replayed).toEqual(events);
  });
});
