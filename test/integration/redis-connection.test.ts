import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RedisResult } from '../../shared/metric-labels.js';
import type { RedisAnswer } from '../../shared/platform/redis-answer.js';
import { RedisConnection } from '../../shared/platform/redis-connection.js';
import { RedisScript } from '../../shared/platform/redis-script.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import type { Logger } from '../../shared/ports.js';
import type { RedisAccess } from '../../shared/redis-access.js';
import { freePort } from '../support/free-port.js';
import { quietLogger } from '../support/quiet-logger.js';
import { RedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

describe('a connection to Redis', () => {
  let redis: RedisServer;
  const open: RedisConnection[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await redis.command('FLUSHALL');
  });
  afterAll(() => redis.dispose());

  function connect(
    access: RedisAccess = redis.access,
    more: Partial<ConstructorParameters<typeof RedisConnection>[0]> = {},
  ): RedisConnection {
    const connection = new RedisConnection({
      access,
      role: 'session',
      timers: systemTimers,
      logger: quietLogger,
      ...more,
    });
    open.push(connection);
    return connection;
  }

  async function ready(
    access?: RedisAccess,
    more: Partial<ConstructorParameters<typeof RedisConnection>[0]> = {},
  ): Promise<RedisConnection> {
    const connection = connect(access, more);
    await untilReady(connection);
    return connection;
  }

  const untilReady = (connection: RedisConnection): Promise<true> =>
    waitUntil('the connection to be ready', () => connection.isReady());

  it('answers what Redis answers', async () => {
    const connection = await ready();
    expect(await connection.call('SET', ['a', 'b'])).toEqual({ ok: true, value: 'OK' });
    expect(await connection.call('GETEX', ['a', 'PX', 60_000])).toEqual({ ok: true, value: 'b' });
    expect(await connection.call('GET', ['none'])).toEqual({ ok: true, value: null });
  });

  it('sends nothing before it is ready', async () => {
    expect(await connect().call('PING', [])).toMatchObject({ ok: false, kind: 'not_ready' });
  });

  it('tells of an error of the server by its first word, and keeps arguments for itself', async () => {
    const connection = await ready();
    await connection.call('LPUSH', ['list', 'x']);
    expect(await connection.call('GET', ['list'])).toMatchObject({ kind: 'refused', code: 'WRONGTYPE' });
    const script = await connection.call('EVAL', [`return redis.call('GET', KEYS[1])`, 1, 'list']);
    expect(script).toMatchObject({ code: 'WRONGTYPE', reason: expect.not.stringContaining('script') });
    const unknown = await connection.call('NOCOMMAND', ['secret']);
    expect(unknown).toMatchObject({ kind: 'refused', code: 'ERR' });
    expect(JSON.stringify(unknown)).not.toContain('secret');
  });

  it('fails what is not answered within its deadline, and goes on afterwards', async () => {
    const connection = await ready();
    redis.pause();
    expect(await connection.call('PING', [], 20)).toMatchObject({ kind: 'timeout' });
    redis.resume();
    await waitUntil('an answer', async () => (await connection.call('PING', [])).ok);
  });

  it('answers every call that waits when the server dies, and comes back with it', async () => {
    const told: string[] = [];
    const logger: Logger = {
      ...quietLogger,
      warn: (_fields, text) => told.push(text),
      info: (_fields, text) => told.push(text),
    };
    let readyCount = 0;
    const connection = await ready(redis.access, { logger, onReady: () => (readyCount += 1) });
    redis.pause();
    const waiting = ['1', '2', '3'].map((key) => connection.call('GET', [key], 60_000));
    await redis.kill();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ kind: 'lost' });
    await waitUntil('the loss to be told', () => told.length > 0);
    expect(await connection.call('PING', [])).toMatchObject({ kind: 'not_ready' });
    await redis.restart();
    await untilReady(connection);
    expect(readyCount).toBe(2);
    expect(told).toEqual(['Redis is not there', 'Redis is there again']);
  });

  it('tells of a refusal that follows a loss, once, and of no cause of the time before', async () => {
    const told: unknown[] = [];
    const logger: Logger = {
      ...quietLogger,
      warn: (fields, text) => told.push({ text, ...fields }),
    };
    const connection = await ready(redis.access, { logger });
    await redis.command('ACL', 'SETUSER', 'default', 'resetpass', '>another');
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await waitUntil('the refusal', () => told.length === 2);
    const [loss, refusal] = told;
    expect(loss).toMatchObject({
      text: 'Redis is not there',
      reason: expect.stringMatching(/^(the server ended the connection|read ECONNRESET)$/),
    });
    expect(refusal).toMatchObject({
      text: 'Redis refuses this host',
      reason: expect.stringMatching(/^NOAUTH/),
    });
    await redis.command('ACL', 'SETUSER', 'default', 'nopass');
    await untilReady(connection);
    expect(told).toHaveLength(2);
  });

  it('begins anew with another client after one that has ended for good', async () => {
    let readyCount = 0;
    const connection = await ready(redis.access, { onReady: () => (readyCount += 1) });
    // The client takes it for a farewell, and does not come back.
    await connection.call('QUIT', []);
    await waitUntil('the next client', () => readyCount === 2);
    expect((await connection.call('PING', [])).ok).toBe(true);
  });

  it('counts the results', async () => {
    const results: RedisResult[] = [];
    const connection = connect(redis.access, { onResult: (result) => results.push(result) });
    await connection.call('PING', []);
    await untilReady(connection);
    await connection.call('PING', []);
    await connection.call('GET', []);
    expect(results).toEqual(['not_ready', 'ok', 'refused']);
  });

  it('answers what waits when it is closed', async () => {
    const connection = await ready();
    redis.pause();
    const waiting = connection.call('PING', [], 60_000);
    connection.close();
    expect(await waiting).toMatchObject({ kind: 'lost' });
    expect(await connection.call('PING', [])).toMatchObject({ kind: 'not_ready' });
    redis.resume();
  });

  it('gives up a server that accepts and says nothing, and tries again', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const connection = connect(accessTo(server));
    await waitUntil('a second try', () => sockets.length >= 2);
    expect(connection.isReady()).toBe(false);
    expect(await connection.call('PING', [])).toMatchObject({ kind: 'not_ready' });
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('leaves no call pending on a server that is cut off while it answers', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write('+OK\r\n$100\r\nhalf an ans'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connection = connect(accessTo(server));
    const answers: RedisAnswer[] = [];
    for (let call = 0; call < 20; call++) answers.push(await connection.call('PING', [], 50));
    expect(answers.every(({ ok }) => !ok)).toBe(true);
    server.close();
  });

  it('cannot be told from the reason what the password is', async () => {
    const asking = await RedisServer.start({ requirepass: 'sesame-of-the-test' });
    try {
      const right = await ready({ ...asking.access, password: 'sesame-of-the-test' });
      expect((await right.call('PING', [])).ok).toBe(true);
      const wrong = connect({ ...asking.access, password: 'another-of-the-test' });
      await waitUntil('the refusal', () => wrong.trouble.includes('WRONGPASS'));
      expect(wrong.trouble).not.toContain('another-of-the-test');
    } finally {
      await asking.dispose();
    }
  });

  it('listens to a channel, and is told when it has to subscribe anew', async () => {
    const heard: string[] = [];
    let readyCount = 0;
    const bell = await ready(redis.access, {
      role: 'bell',
      onReady: () => (readyCount += 1),
      onMessage: (channel, message) => heard.push(`${channel} ${message}`),
    });
    expect((await bell.call('SUBSCRIBE', ['door'])).ok).toBe(true);
    await redis.command('PUBLISH', 'door', 'one');
    await waitUntil('the ring', () => heard.length > 0);
    expect((await bell.call('PING', [])).ok).toBe(true);
    await redis.restart();
    await waitUntil('the second connection', () => readyCount === 2);
    expect((await bell.call('SUBSCRIBE', ['door'])).ok).toBe(true);
    await redis.command('PUBLISH', 'door', 'two');
    await waitUntil('the second ring', () => heard.length > 1);
    expect(heard).toEqual(['door one', 'door two']);
  });

  it('notices that nothing rings because the bell is cut off', async () => {
    const bell = await ready(redis.access, { role: 'bell' });
    redis.pause();
    await waitUntil('the bell to give up', () => !bell.isReady());
    redis.resume();
    await untilReady(bell);
  });

  it('runs a script, whether or not the server has it', async () => {
    const connection = await ready();
    const script = new RedisScript(`return {KEYS[1], ARGV[1]}`);
    const expected = { ok: true, value: ['k', 'v'] };
    expect(await script.run(connection, ['k'], ['v'])).toEqual(expected);
    expect(await script.run(connection, ['k'], ['v'])).toEqual(expected);
    await redis.command('SCRIPT', 'FLUSH');
    expect(await script.run(connection, ['k'], ['v'])).toEqual(expected);
    const counts = await redis.commandCounts();
    expect(counts.get('eval')).toBe(2);
  });

  it.each([
    ['does not have', '99', [], 'ERR DB index is out of range'],
    ['may not use', '1', ['-select'], "NOPERM this user has no permissions to run the 'select' command"],
  ])(
    'uses no other database than the one that it is told, which it %s',
    async (_case, db, rights, reason) => {
      const told: unknown[] = [];
      const tell = (fields: object, text: string): void => void told.push({ text, ...fields });
      const logger: Logger = { ...quietLogger, warn: tell, info: tell };
      await redis.command('ACL', 'SETUSER', 'default', '+@all', ...rights);
      await redis.command('CONFIG', 'RESETSTAT');
      const connection = connect(
        { ...redis.access, servers: { kind: 'single', host: '127.0.0.1', port: redis.port, db: Number(db) } },
        { logger },
      );
      await waitUntil('a second attempt', async () => {
        await connection.call('SET', ['a', 'b']);
        return ((await redis.commandCounts()).get('hello') ?? 0) > 1;
      });
      expect(await redis.command('DBSIZE')).toBe(0);
      expect(told).toEqual([{ text: 'Redis refuses this host', role: 'session', reason }]);
      await redis.command('ACL', 'SETUSER', 'default', '+@all');
      await redis.command('CONFIG', 'RESETSTAT');
    },
  );

  it('leaves a replica, which only reads, to look for the master again', async () => {
    const connection = await ready();
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    expect(await connection.call('SET', ['a', 'b'])).toMatchObject({ kind: 'refused', code: 'READONLY' });
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await waitUntil('a write', async () => (await connection.call('SET', ['a', 'b'])).ok);
  });

  it('tells of a replica once, however long it is one, and leaves it in measure', async () => {
    const told: unknown[] = [];
    const tell = (fields: object, text: string): void => void told.push({ text, ...fields });
    let readyCount = 0;
    const connection = await ready(redis.access, {
      logger: { ...quietLogger, warn: tell, info: tell },
      onReady: () => (readyCount += 1),
    });
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    let refusals = 0;
    await waitUntil('it to be left twice', async () => {
      const answer = await connection.call('SET', ['a', 'b']);
      await connection.call('EVAL', [`return redis.call('SET', 'a', 'b')`, 0]);
      if (!answer.ok && answer.kind === 'refused') refusals += 1;
      return readyCount === 3;
    });
    await redis.command('REPLICAOF', 'NO', 'ONE');
    // Between the two it was asked, and answered.
    expect(refusals).toBeGreaterThan(2);
    expect(told).toEqual([
      {
        text: 'Redis refuses a command',
        role: 'session',
        command: 'SET',
        reason: expect.stringMatching(/^READONLY/),
      },
    ]);
  });

  it('tells which command is refused, once, and of no script that the server does not have', async () => {
    const told: unknown[] = [];
    const logger: Logger = {
      ...quietLogger,
      warn: (fields, text) => told.push({ text, ...fields }),
    };
    const connection = await ready(redis.access, { logger });
    await new RedisScript('return 4').run(connection, [], []);
    await redis.command('ACL', 'SETUSER', 'default', '-getex');
    await connection.call('GETEX', ['a', 'PX', 1]);
    await connection.call('GETEX', ['b', 'PX', 1]);
    await redis.command('ACL', 'SETUSER', 'default', '+@all');
    expect(told).toEqual([
      {
        text: 'Redis refuses a command',
        role: 'session',
        command: 'GETEX',
        reason: expect.stringMatching(/^NOPERM .*'getex'/),
      },
    ]);
  });
});

describe('a connection to other than one plain server', () => {
  const servers: RedisServer[] = [];
  const open: RedisConnection[] = [];
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    for (const server of servers.splice(0)) await server.dispose();
  });

  async function start(directives: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
    const server = await RedisServer.start(directives);
    servers.push(server);
    return server;
  }

  async function connect(
    access: RedisAccess,
    role: 'control' | 'bell' = 'control',
  ): Promise<RedisConnection> {
    const connection = new RedisConnection({ access, role, timers: systemTimers, logger: quietLogger });
    open.push(connection);
    await waitUntil('the connection to be ready', () => connection.isReady());
    return connection;
  }

  it('goes through TLS, and checks the certificate', async () => {
    const port = await freePort();
    const file = (name: string): string => join(process.cwd(), 'test/support/certificates', name);
    const redis = await start({
      'tls-port': String(port),
      'tls-cert-file': file('server.pem'),
      'tls-key-file': file('server-key.pem'),
      'tls-ca-cert-file': file('server.pem'),
      'tls-auth-clients': 'no',
    });
    const tls = {
      ca: readFileSync(file('server.pem'), 'utf8'),
      client: null,
      serverName: 'localhost',
    };
    const access: RedisAccess = {
      ...redis.access,
      servers: { kind: 'single', host: '127.0.0.1', port, db: 0 },
      tls,
    };
    const connection = await connect(access);
    expect((await connection.call('PING', [])).ok).toBe(true);
    const stranger = new RedisConnection({
      access: { ...access, tls: { ...tls, ca: null } },
      role: 'control',
      timers: systemTimers,
      logger: quietLogger,
    });
    open.push(stranger);
    await waitUntil('the refusal', () => /certificate/.test(stranger.trouble));
    expect(stranger.isReady()).toBe(false);
  });

  it('finds the master by a Sentinel, and the next one after it has died', async () => {
    const first = await start();
    const second = await start();
    await second.command('REPLICAOF', '127.0.0.1', first.port);
    await waitUntil('the replica to follow', async () =>
      String(await second.command('INFO', 'replication')).includes('master_link_status:up'),
    );
    const sentinel = await RedisServer.sentinelOf(first, 'main');
    servers.push(sentinel);
    const known = async (): Promise<boolean> =>
      ((await sentinel.command('SENTINEL', 'replicas', 'main')) as unknown[]).length > 0;
    await waitUntil('the Sentinel to know the replica', known);
    const connection = await connect({
      ...first.access,
      servers: { kind: 'sentinel', sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main' },
    });
    expect((await connection.call('SET', ['a', '1'])).ok).toBe(true);
    await first.kill();
    await waitUntil('a write to the next master', async () => (await connection.call('SET', ['a', '2'])).ok);
    expect(await second.command('GET', 'a')).toBe('2');
  });

  it('goes to a Redis Cluster, scripts and scans included, and listens at one of its nodes', async () => {
    const redis = await start({ 'cluster-enabled': 'yes' });
    await redis.command('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    const access: RedisAccess = {
      ...redis.access,
      servers: { kind: 'cluster', nodes: [{ host: '127.0.0.1', port: redis.port }] },
    };
    const connection = await connect(access);
    const script = new RedisScript(`return redis.call('SET', KEYS[1], ARGV[1])`);
    expect(await script.run(connection, ['k'], ['v'])).toEqual({ ok: true, value: 'OK' });
    expect(await connection.call('GET', ['k'])).toEqual({ ok: true, value: 'v' });
    expect(await connection.scan(null, '*', 100)).toEqual({ ok: true, keys: ['k'], next: null });
    const bell = await connect(access, 'bell');
    expect((await bell.call('SUBSCRIBE', ['door'])).ok).toBe(true);
    await redis.kill();
    expect(await connection.call('GET', ['k'], 200)).toMatchObject({ ok: false });
    await waitUntil('the connection to know', () => !connection.isReady());
  });
});

function accessTo(server: Server): RedisAccess {
  const { port } = server.address() as AddressInfo;
  return {
    servers: { kind: 'single', host: '127.0.0.1', port, db: 0 },
    username: null,
    password: null,
    sentinelPassword: null,
    tls: null,
  };
}
