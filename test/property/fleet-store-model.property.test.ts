/**
 * The model of the store and Redis are one thing: the same steps give the same answers, and leave the same in it. What is proved
 * with the model (`fleet-store-rules`) therefore holds for Redis.
 */
import fc from 'fast-check';
import { FleetConnection } from '../../control-plane/fleet/fleet-connection.js';
import { RedisFleetStore } from '../../control-plane/fleet/redis-fleet-store.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import { arbitrarySteps, type StoreStep } from '../support/fleet/arbitrary-store-steps.js';
import { Comparable } from '../support/fleet/comparable.js';
import { modelTried } from '../support/fleet/model-tried.js';
import { redisTried } from '../support/fleet/redis-tried.js';
import { StoreStepper } from '../support/fleet/store-steps.js';
import { RedisServer } from '../support/redis-server.js';
import { silence } from '../support/silence.js';
import { waitUntil } from '../support/wait-until.js';

const RUNS = Number(process.env['TIDEGATE_SEEDS'] ?? 40);

describe('the model of the store of a fleet', () => {
  let server: RedisServer;
  let connection: FleetConnection;
  beforeAll(async () => {
    server = await RedisServer.start();
    const options = { access: server.access, name: 'test', timers: systemTimers, logger: silence };
    connection = new FleetConnection({ ...options, callMs: 5_000 });
    await waitUntil('the store', () => connection.control.isReady());
  });
  afterAll(async () => {
    connection.close();
    await server.dispose();
  });

  it('answers and holds what Redis does', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(arbitrarySteps, async (steps) => {
        await server.command('FLUSHALL');
        const both = [modelTried(), redisTried(server, new RedisFleetStore(connection))].map((tried) => ({
          tried,
          stepper: new StoreStepper(tried),
          comparable: new Comparable(() => tried.now()),
        }));
        const taken: StoreStep[] = [];
        for (const step of steps) {
          taken.push(step);
          const [model, redis] = await Promise.all(
            both.map(async ({ tried, stepper, comparable }) => {
              const answer = await stepper.take(step);
              return { answer: comparable.of(answer), content: comparable.of(await tried.content()) };
            }),
          );
          expect({ taken, ...redis }).toEqual({ taken, ...model });
          const { kind = 'done' } = (model?.answer ?? {}) as { kind?: string };
          seen.set(`${step.kind}: ${kind}`, (seen.get(`${step.kind}: ${kind}`) ?? 0) + 1);
        }
      }),
      { numRuns: RUNS },
    );
    // Steps that are all refused prove nothing.
    const wanted = ['acquire: held', 'append: ok', 'append: conflict', 'append: late', 'append: fenced'];
    const more = [
      'append: lost',
      'restore: ok',
      'restore: present',
      'saveSnapshot: ok',
      'saveSnapshot: stale',
    ];
    const others = [
      'beat: taken',
      'beat: full',
      'post: ok',
      'post: leaderless',
      'renew: ok',
      'renew: fenced',
    ];
    expect([...wanted, ...more, ...others].filter((what) => !seen.has(what))).toEqual([]);
  });
});
