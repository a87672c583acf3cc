import { FleetConnection } from '../../control-plane/fleet/fleet-connection.js';
import { RedisFleetStore } from '../../control-plane/fleet/redis-fleet-store.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import type { Logger } from '../../shared/ports.js';
import { RedisServer } from '../support/redis-server.js';
import { silence } from '../support/silence.js';
import { waitUntil } from '../support/wait-until.js';

describe('the connections of a fleet', () => {
  let redis: RedisServer;
  let connection: FleetConnection;
  let told: string[] = [];
  let reasons: unknown[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(() => {
    told = [];
    reasons = [];
    const tell = (fields: { readonly reason?: unknown }, text: string): void => {
      told.push(text);
      reasons.push(fields.reason);
    };
    const logger: Logger = { ...silence, warn: tell, info: tell };
    connection = new FleetConnection({
      access: redis.access,
      name: 'test',
      timers: systemTimers,
      logger,
      callMs: 1_000,
    });
  });
  afterEach(async () => {
    connection.close();
    await redis.command('ACL', 'SETUSER', 'default', '+@all');
  });
  afterAll(() => redis.dispose());

  const listeners = async (): Promise<number> => {
    const [, count] = (await redis.command('PUBSUB', 'NUMSUB', connection.keyOf('bell'))) as unknown[];
    return Number(count);
  };

  it('tell each time that the bell cannot be heard, and that it is heard again', async () => {
    const deaf = 'the bell of the fleet cannot be heard';
    const again = 'the bell of the fleet is heard again';
    const aboutBell = (): string[] => told.filter((text) => text.includes('bell'));
    for (const round of [1, 2]) {
      await redis.command('ACL', 'SETUSER', 'default', '-subscribe');
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await waitUntil('the operator to be told', () => aboutBell().length === 2 * round - 1);
      await redis.command('ACL', 'SETUSER', 'default', '+@all');
      await waitUntil('the bell to be heard', async () => (await listeners()) === 1);
      await waitUntil('the operator to be told', () => aboutBell().length === 2 * round);
    }
    expect(aboutBell()).toEqual([deaf, again, deaf, again]);
  });

  it('name the command that the access list forbids, as long as it does', async () => {
    const store = new RedisFleetStore(connection);
    await waitUntil('the connection', () => connection.control.isReady());
    await store.acquire({ id: 'id', host: 'a', ttlMs: 60_000, seen: 0, step: 1 });
    const post = { nonce: 'n', ttlMs: 1_000, text: '{}' };
    expect(await store.post(post)).toMatchObject({ kind: 'ok' });
    expect(store.refusal).toBe(null);
    await redis.command('ACL', 'SETUSER', 'default', '-xadd');
    const reason =
      'Redis refuses it: its access list forbids the command XADD; allow it for this user (README lists all)';
    expect(await store.post(post)).toEqual({ kind: 'unavailable', isRefused: true, reason });
    expect(await store.post(post)).toMatchObject({ reason });
    expect(await store.inbox({ after: '0-0', limit: 10 })).toMatchObject({ value: [{ nonce: 'n' }] });
    expect(store.refusal).toBe(reason);
    expect(reasons.filter((told) => String(told).includes('XADD'))).toHaveLength(1);
    await redis.command('ACL', 'SETUSER', 'default', '+@all', '-xrange');
    expect(await store.post(post)).toMatchObject({ kind: 'ok' });
    expect(store.refusal).toBe(null);
    await store.head();
    expect(await store.answers({ after: '0-0', limit: 1 })).toMatchObject({
      reason: expect.stringContaining('forbids the command XRANGE'),
    });
  });

  it('tell what else it refuses in its own words', async () => {
    const store = new RedisFleetStore(connection);
    await waitUntil('the connection', () => connection.control.isReady());
    await redis.config('min-replicas-to-write', '1');
    const refused = await store.shareSecret('x');
    await redis.config('min-replicas-to-write', '0');
    expect(refused).toMatchObject({
      isRefused: true,
      reason: 'Redis refuses it: NOREPLICAS Not enough good replicas to write',
    });
  });

  it('post a write although the bell may not be rung, so that an error means that there is none', async () => {
    const store = new RedisFleetStore(connection);
    await waitUntil('the connection', () => connection.control.isReady());
    await redis.command('FLUSHALL');
    await store.acquire({ id: 'id', host: 'a', ttlMs: 60_000, seen: 0, step: 1 });
    await redis.command('ACL', 'SETUSER', 'default', '-publish');
    expect(await store.post({ nonce: 'n', ttlMs: 1_000, text: '{}' })).toMatchObject({ kind: 'ok' });
  });

  it('read what is behind entries in another form, which count as writes of a term that is over', async () => {
    const store = new RedisFleetStore(connection);
    await waitUntil('the connection', () => connection.control.isReady());
    await redis.command('FLUSHALL');
    await store.acquire({ id: 'id', host: 'a', ttlMs: 60_000, seen: 0, step: 1 });
    const junk = String(
      await redis.command('XADD', connection.keyOf('inbox'), '*', 'n', 'x', 'until', 'soon'),
    );
    await store.post({ nonce: 'n', ttlMs: 1_000, text: '{}' });
    expect(await store.inbox({ after: '0-0', limit: 10 })).toMatchObject({
      value: [
        { id: junk, epoch: 0, until: 0 },
        { nonce: 'n', epoch: 1, text: '{}' },
      ],
    });
    await redis.command('XADD', connection.keyOf('answers'), '*', 'r', '{}');
    await redis.command('XADD', connection.keyOf('answers'), '*', 'n', 'n', 'r', '{}');
    expect(await store.answers({ after: '0-0', limit: 10 })).toMatchObject({
      value: [{ text: '{}' }, { nonce: 'n', text: '{}' }],
    });
  });
});
