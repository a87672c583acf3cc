import { readFileSync } from 'node:fs';
import { RedisSessions } from '../../control-plane/sessions/redis-sessions.js';
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { RedisSessionStore } from '../../data-plane/sessions/redis-session-store.js';
import { poolId } from '../../shared/ids.js';
import { RedisConnection } from '../../shared/platform/redis-connection.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import type { Timers } from '../../shared/ports.js';
import type { RedisAccess } from '../../shared/redis-access.js';
import { fakeClock } from '../support/fake-clock.js';
import { quietLogger } from '../support/quiet-logger.js';
import { RedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';
import { sessionDirectoryContract } from './session-directory.contract.js';

describe('the directory of the session table', () => {
  sessionDirectoryContract(async () => {
    const table = createSessionTable(fakeClock());
    return { directory: table, store: () => table };
  });

  it('passes over what has expired', async () => {
    const clock = fakeClock();
    const table = createSessionTable(clock);
    const key = { pool: poolId('web'), session: 's'.repeat(22) };
    await table.bind(key, 'a' as never, { idleMs: 1_000, remainingMs: 9_000 });
    clock.advance(1_000);
    expect(await table.page(key.pool, { after: null, limit: 10 })).toMatchObject({ sessions: [] });
    expect(await table.end(key)).toEqual({ kind: 'unknown' });
  });
});

/** A busy machine must not look like a silent Redis. */
const patient: Timers = { after: (ms, callback) => systemTimers.after(ms * 100, callback) };

/** The one server, and what a client needs to get to it. */
interface Rig {
  readonly name: string;
  readonly start: () => Promise<{ readonly redis: RedisServer; readonly access: RedisAccess }>;
}

const RIGS: readonly Rig[] = [
  {
    name: 'Redis',
    start: async () => {
      const redis = await RedisServer.start();
      return { redis, access: redis.access };
    },
  },
  {
    name: 'Redis, with the rights that README names',
    start: async () => {
      const redis = await RedisServer.start();
      const [, rights = ''] =
        /sessions need\s+`(\+getex [^`]*)`/.exec(readFileSync('README.md', 'utf8')) ?? [];
      await redis.command(
        'ACL',
        'SETUSER',
        'tidegate',
        'on',
        '>sesame',
        '~tidegate:*',
        '-@all',
        ...rights.split(/\s+/),
      );
      return { redis, access: { ...redis.access, username: 'tidegate', password: 'sesame' } };
    },
  },
  {
    name: 'a Redis Cluster',
    start: async () => {
      const redis = await RedisServer.start({ 'cluster-enabled': 'yes' });
      await redis.command('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
      const nodes = [{ host: '127.0.0.1', port: redis.port }];
      return { redis, access: { ...redis.access, servers: { kind: 'cluster', nodes } } };
    },
  },
];

describe.each(RIGS)('the directory of sessions in $name', ({ start }) => {
  let redis: RedisServer;
  let access: RedisAccess;
  let connection: RedisConnection;
  beforeAll(async () => {
    ({ redis, access } = await start());
    connection = new RedisConnection({
      access,
      role: 'control',
      timers: patient,
      logger: quietLogger,
    });
    await waitUntil('Redis to be ready', () => connection.isReady());
  });
  afterAll(async () => {
    connection.close();
    await redis.dispose();
  });

  const prefix = 'tidegate:test:s:';
  const directory = (): RedisSessions =>
    new RedisSessions({ redis: connection, prefix, logger: quietLogger });

  // A client of a Cluster gives up and comes back where the machine is busy: that is not what these tests are about.
  beforeEach(() => waitUntil('Redis to be ready', () => connection.isReady()));

  sessionDirectoryContract(async () => {
    await redis.command('FLUSHALL');
    return {
      directory: directory(),
      store: () =>
        new RedisSessionStore({ redis: connection, prefix, random: () => 0.5, monotonic: () => 0 }),
    };
  });

  it('begins no page where none begins', async () => {
    for (const after of ['x', '0.x', '7.0', '0.0.0']) {
      expect(await directory().page(poolId('web'), { after, limit: 10 })).toEqual({ kind: 'no-such-page' });
    }
  });

  it('lists for one at a time', async () => {
    const one = directory();
    const options = { after: null, limit: 10 };
    const [first, second] = await Promise.all([
      one.page(poolId('web'), options),
      one.page(poolId('web'), options),
    ]);
    expect([first.kind, second.kind]).toEqual(['ok', 'busy']);
    expect((await one.page(poolId('web'), options)).kind).toBe('ok');
  });

  it('says so when Redis does not answer', async () => {
    redis.pause();
    const answer = await directory().page(poolId('web'), { after: null, limit: 10 });
    expect(answer).toMatchObject({ kind: 'unavailable', reason: expect.stringMatching(/Redis/) });
    redis.resume();
    await waitUntil('Redis to be ready', () => connection.isReady());
  });
});

describe('the directory of sessions in a Redis that forbids a command', () => {
  const prefix = 'tidegate:test:s:';
  const web = poolId('web');
  let redis: RedisServer;
  let connection: RedisConnection;
  let told: { readonly text: string; readonly reason?: unknown }[];
  let directory: RedisSessions;
  beforeAll(async () => {
    redis = await RedisServer.start();
    connection = new RedisConnection({
      access: redis.access,
      role: 'control',
      timers: patient,
      logger: quietLogger,
    });
    await waitUntil('Redis to be ready', () => connection.isReady());
  });
  beforeEach(async () => {
    told = [];
    const tell = (fields: object, text: string): void => void told.push({ text, ...fields });
    directory = new RedisSessions({
      redis: connection,
      prefix,
      logger: { ...quietLogger, warn: tell, info: tell },
    });
    await redis.command('SET', `${prefix}web:${'s'.repeat(22)}`, 'a');
  });
  afterEach(() => redis.command('ACL', 'SETUSER', 'default', '+@all'));
  afterAll(async () => {
    connection.close();
    await redis.dispose();
  });

  it.each(['get', 'pttl', 'scan'])(
    'does not list fewer sessions without %s, but says so',
    async (command) => {
      await redis.command('ACL', 'SETUSER', 'default', `-${command}`);
      expect(await directory.page(web, { after: null, limit: 10 })).toEqual({
        kind: 'unavailable',
        reason: expect.stringContaining(`run the '${command}' command`),
      });
    },
  );

  it('passes over a key of another kind', async () => {
    await redis.command('LPUSH', `${prefix}web:list`, 'x');
    const page = await directory.page(web, { after: null, limit: 10 });
    expect(page).toMatchObject({ kind: 'ok', sessions: [{ session: 's'.repeat(22), backend: 'a' }] });
    await redis.command('DEL', `${prefix}web:list`);
  });

  it('does not claim to have removed what it could not', async () => {
    await redis.command('ACL', 'SETUSER', 'default', '-unlink');
    await directory.sweep(web);
    expect(told).toEqual([
      {
        text: 'ended sessions are not all removed from Redis: they go when their time is over',
        pool: web,
        reason: expect.stringContaining("run the 'unlink' command"),
      },
    ]);
  });
});
