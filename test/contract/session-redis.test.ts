import { RedisSessionStore } from '../../data-plane/sessions/redis-session-store.js';
import { RedisConnection } from '../../shared/platform/redis-connection.js';
import type { Timers } from '../../shared/ports.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import { fakeClock } from '../support/fake-clock.js';
import { quietLogger } from '../support/quiet-logger.js';
import { RedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';
import { sessionStoreContract } from './session-store.contract.js';

describe('the session store in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.dispose());

  /** A busy machine must not look like a silent Redis. */
  const patient: Timers = { after: (ms, callback) => systemTimers.after(ms * 100, callback) };

  /** Redis has no clock that a test could move, so what is left to live is shortened instead. */
  async function advanceRedis(ms: number): Promise<void> {
    for (const key of (await redis.command('KEYS', '*')) as string[]) {
      const left = Number(await redis.command('PTTL', key)) - ms;
      // Some time has really passed since.
      if (left <= 0) await redis.command('DEL', key);
      else await redis.command('PEXPIRE', key, left);
    }
  }

  sessionStoreContract(async () => {
    await redis.command('FLUSHALL');
    const clock = fakeClock();
    const connection = new RedisConnection({
      access: redis.access,
      role: 'session',
      timers: patient,
      logger: quietLogger,
    });
    await waitUntil('Redis to be ready', () => connection.isReady());
    const store = new RedisSessionStore({
      redis: connection,
      prefix: 'tidegate:test:s:',
      random: () => 0.5,
      monotonic: () => clock.now(),
    });
    return {
      store,
      advance: async (ms) => {
        clock.advance(ms);
        await advanceRedis(ms);
      },
      close: () => connection.close(),
    };
  });
});
