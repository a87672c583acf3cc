/** Connection limits through an engine: what has no room waits its turn, and is told when that does not come. */
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { backendId, poolId } from '../../shared/ids.js';
import type { SessionStore } from '../../shared/session.js';
import type { BackendSnapshot, PoolSnapshot } from '../../shared/snapshot.js';
import {
  answer,
  startBackend,
  type BackendConnection,
  type BackendRequest,
  type BackendServer,
} from '../support/backend-server.js';
import { freePort } from '../support/free-port.js';
import { startNative, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import { untilHeadLimit } from '../support/head-limit.js';
import { connectRaw, exchangeRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

/** A backend that answers when it is told to. */
class HoldingBackend {
  readonly #held: { readonly request: BackendRequest; readonly connection: BackendConnection }[] = [];
  readonly server: BackendServer;
  readonly name: string;
  /** Most requests that it had at once. */
  peak = 0;

  static async start(name: string): Promise<HoldingBackend> {
    const late: { backend?: HoldingBackend } = {};
    const server = await startBackend((request, connection) => late.backend?.take(request, connection));
    late.backend = new HoldingBackend(name, server);
    return late.backend;
  }

  private constructor(name: string, server: BackendServer) {
    this.name = name;
    this.server = server;
  }

  take(request: BackendRequest, connection: BackendConnection): void {
    this.#held.push({ request, connection });
    this.peak = Math.max(this.peak, this.#held.length);
  }

  get running(): readonly string[] {
    return this.#held.map(({ request }) => request.target);
  }

  /** Answers the request that came first, with the backend's name. */
  release(...fields: readonly string[]): void {
    const first = this.#held.shift();
    if (first === undefined) throw new Error('nothing runs');
    first.connection.write(answer(this.name, ...fields));
  }

  async holds(...targets: readonly string[]): Promise<void> {
    await waitUntil(`${targets.join()} at ${this.name}, not ${this.running.join()}`, () =>
      targets.every((target) => this.running.includes(target)),
    );
    expect([...this.running]).toHaveLength(targets.length);
  }
}

describe('connection limits through the native engine', () => {
  const backends: HoldingBackend[] = [];
  const engines: EngineUnderTest[] = [];
  const clients: RawClient[] = [];
  let version = 1;

  const pool = (limits: readonly (Partial<BackendSnapshot> | null)[], given: Partial<PoolSnapshot> = {}) =>
    poolOf(
      limits.flatMap((changes, i) => {
        const backend = backends[i];
        return changes === null || backend === undefined
          ? []
          : [backendAt(backend.name, backend.server.port, changes)];
      }),
      given,
    );
  const snapshot = (pools: readonly PoolSnapshot[], forwarding: ForwardingChanges = {}) =>
    snapshotOf(pools, { accessLogRatio: 1, ...forwarding }, { version: version++ });

  async function start(
    limits: readonly (Partial<BackendSnapshot> | null)[],
    given: Partial<PoolSnapshot> = {},
    options: EngineOptions & { readonly forwarding?: ForwardingChanges } = {},
  ): Promise<EngineUnderTest> {
    const engine = await startNative(snapshot([pool(limits, given)], options.forwarding), {
      accessLog: true,
      ...options,
    });
    engines.push(engine);
    return engine;
  }

  async function send(
    engine: EngineUnderTest,
    target: string,
    ...fields: readonly string[]
  ): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    client.send([`GET ${target} HTTP/1.1`, 'Host: a.test', ...fields, '', ''].join('\r\n'));
    return client;
  }

  const waiting = (engine: EngineUnderTest): number =>
    engine.table().pools.get(poolId('default'))?.queue.size ?? -1;
  const untilWaiting = (engine: EngineUnderTest, count: number) =>
    waitUntil(`${count} to wait`, () => waiting(engine) === count);
  /** One that has to wait. */
  async function sendWaiting(
    engine: EngineUnderTest,
    target: string,
    ...fields: readonly string[]
  ): Promise<RawClient> {
    const before = waiting(engine);
    const client = await send(engine, target, ...fields);
    await untilWaiting(engine, before + 1);
    return client;
  }

  beforeEach(async () => {
    backends.push(await HoldingBackend.start('a'), await HoldingBackend.start('b'));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const engine of engines.splice(0)) {
      const { pools } = engine.table();
      await waitUntil('no load and nobody waiting', () =>
        [...pools.values()].every(
          ({ backends: all, queue }) => queue.size === 0 && all.every(({ load }) => load.own === 0),
        ),
      );
      expect(engine.complaints).toEqual([]);
      await engine.close();
    }
    for (const { server } of backends.splice(0)) await server.close();
  });
  const numbered = (index: number): HoldingBackend => {
    const backend = backends[index];
    if (backend === undefined) throw new Error(`no backend ${index}`);
    return backend;
  };
  const first = (): HoldingBackend => numbered(0);
  const second = (): HoldingBackend => numbered(1);

  it('gives a backend no more than its limit, and serves the others in the order of their arrival', async () => {
    const engine = await start([{ maxConnections: 2 }]);
    const sent: RawClient[] = [];
    for (const target of ['/1', '/2']) sent.push(await send(engine, target));
    await first().holds('/1', '/2');
    for (const target of ['/3', '/4', '/5']) sent.push(await sendWaiting(engine, target));
    for (const after of [['/2', '/3'], ['/3', '/4'], ['/4', '/5'], ['/5'], []]) {
      first().release();
      await first().holds(...after);
    }
    for (const client of sent) expect(await client.until(/\r\n\r\na$/)).toMatch(/^HTTP\/1\.1 200 /);
    expect(first().peak).toBe(2);
    expect(first().server.connections.length).toBe(2);
    expect(engine.counted('requests', 'default', 'GET', '200')).toBe(5);
    await waitUntil('the log', () => engine.accessLog.length === 5);
    const waited = engine.accessLog.map(({ target, waitedMs }) => [target, waitedMs > 0]);
    expect(waited).toEqual([
      ['/1', false],
      ['/2', false],
      ['/3', true],
      ['/4', true],
      ['/5', true],
    ]);
  });

  it('gives a backend no more connections than its limit, where an idle one will not do', async () => {
    // So that no connection ends by itself meanwhile.
    const forwarding = { timeouts: { upstreamKeepAliveMs: 60_000 } };
    const engine = await start([{ maxConnections: 1 }], {}, { forwarding });
    const client = await send(engine, '/1');
    await first().holds('/1');
    first().release();
    await client.until(/\r\n\r\na$/);
    const since = performance.now();
    await waitUntil(
      'the connection to be too old for what is not sent twice',
      () => performance.now() - since > 1_200,
    );
    client.send('POST /2 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx');
    await first().holds('/2');
    expect(first().server.connections.length).toBe(2);
    await waitUntil('the end of the first', () => first().server.connections[0]?.socket.destroyed === true);
    first().release();
  });

  it('answers 503 at once when as many wait as may', async () => {
    const engine = await start([{ maxConnections: 1 }], { queue: { maxPending: 1, timeoutMs: 60_000 } });
    await send(engine, '/1');
    await first().holds('/1');
    await sendWaiting(engine, '/2');
    const refused = await send(engine, '/3');
    const reply = await refused.until(/waits? as may|requests wait/);
    expect(reply).toMatch(/^HTTP\/1\.1 503 /);
    expect(reply).toMatch(/\r\nx-tidegate-error: queue_full\r\n/i);
    expect(reply).toMatch(/\r\nretry-after: \d+\r\n/i);
    expect(engine.counted('localReplies', 'default', 'queue_full')).toBe(1);
    first().release();
    await first().holds('/2');
    // The connection of the one that was refused is as good as before.
    refused.send('GET /4 HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await untilWaiting(engine, 1);
    first().release();
    await first().holds('/4');
    first().release();
  });

  it('lets nobody wait where the queue has no places', async () => {
    const engine = await start([{ maxConnections: 1 }], { queue: { maxPending: 0, timeoutMs: 60_000 } });
    await send(engine, '/1');
    await first().holds('/1');
    await (await send(engine, '/2')).until('queue_full');
    first().release();
  });

  it('answers 503 to those whose time to wait is over', async () => {
    const engine = await start([{ maxConnections: 1 }], { queue: { maxPending: 9, timeoutMs: 60 } });
    const served = await send(engine, '/1');
    await first().holds('/1');
    const late = await send(engine, '/2');
    const reply = await late.until('queue_timeout:');
    expect(reply).toMatch(/^HTTP\/1\.1 503 /);
    expect(reply).toMatch(/\r\nx-tidegate-error: queue_timeout\r\n/i);
    expect(reply).toMatch(/\r\nretry-after: \d+\r\n/i);
    expect(waiting(engine)).toBe(0);
    expect(engine.counted('localReplies', 'default', 'queue_timeout')).toBe(1);
    expect(engine.counted('queueWait', 'default', 'sum')).toBeGreaterThanOrEqual(0.05);
    await waitUntil('the log', () => engine.accessLog.length === 1);
    expect(engine.accessLog[0]).toMatchObject({ status: 503, error: 'queue_timeout', attempts: [] });
    expect(engine.accessLog[0]?.waitedMs).toBeGreaterThanOrEqual(50);
    first().release();
    await served.until(/\r\n\r\na$/);
    expect(first().server.requests.length).toBe(1);
  });

  it('takes those who leave out of the queue at once', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    await send(engine, '/1');
    await first().holds('/1');
    const leaving = await sendWaiting(engine, '/2');
    await sendWaiting(engine, '/3');
    leaving.socket.resetAndDestroy();
    await untilWaiting(engine, 1);
    first().release();
    await first().holds('/3');
    expect(engine.counted('clientAborts', 'default')).toBe(1);
    first().release();
  });

  it('keeps no place for a client that has ended its side, and tells it if it is still there', async () => {
    const engine = await start([{ maxConnections: 1 }], { queue: { maxPending: 9, timeoutMs: 60_000 } });
    const running = await send(engine, '/1');
    await first().holds('/1');
    const ended = await sendWaiting(engine, '/2');
    await sendWaiting(engine, '/3');
    ended.socket.end();
    await untilWaiting(engine, 1);
    expect(await ended.until('queue_timeout:')).toMatch(/\r\nconnection: close\r\n/i);
    // Nobody's time was over: whoever is alarmed by such answers should not be by clients that leave.
    await waitUntil('the log', () => engine.accessLog.length === 1);
    expect(engine.accessLog[0]).toMatchObject({ aborted: true, error: 'queue_timeout', status: 0 });
    expect(engine.counted('clientAborts', 'default')).toBe(1);
    expect(engine.counted('localReplies', 'default', 'queue_timeout')).toBe(0);
    expect(engine.counted('requests', 'default', 'GET', '503')).toBe(0);
    // Whose request is under way already is still answered.
    running.socket.end();
    first().release();
    await running.until(/\r\n\r\na$/);
    await first().holds('/3');
    first().release();
  });

  it('gives the slot of a client that left to the next', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    const running = await send(engine, '/1');
    await first().holds('/1');
    await sendWaiting(engine, '/2');
    running.socket.resetAndDestroy();
    await waitUntil('the next', () => first().running.includes('/2'));
    first().release();
    first().release();
  });

  it('lets a further attempt wait for the backend that is left', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    await send(engine, '/1');
    await first().holds('/1');
    const dead = backendAt('dead', await freePort());
    const both = pool([{ maxConnections: 1 }]);
    engine.apply(snapshot([{ ...both, backends: [...both.backends, dead] }]));
    const client = await send(engine, '/2');
    await untilWaiting(engine, 1);
    expect(engine.counted('backendErrors', 'default', 'dead', 'connect')).toBe(1);
    first().release();
    await first().holds('/2');
    first().release();
    await client.until(/\r\n\r\na$/);
    expect(engine.counted('retries', 'default', 'connect')).toBe(1);
  });

  it('answers what came of its attempt to one that waited in vain for a further one', async () => {
    const queue = { maxPending: 9, timeoutMs: 50 };
    const engine = await start([{ maxConnections: 1 }], { queue });
    await send(engine, '/1');
    await first().holds('/1');
    const dead = backendAt('dead', await freePort());
    const both = pool([{ maxConnections: 1 }], { queue });
    engine.apply(snapshot([{ ...both, backends: [...both.backends, dead] }]));
    const client = await send(engine, '/2');
    expect(await client.until('upstream_connect:')).toMatch(/^HTTP\/1\.1 502 /);
    expect(engine.counted('retriesExhausted', 'default', 'full')).toBe(1);
    first().release();
  });

  it.each([
    [
      'by cookie',
      { type: 'cookie', cookieName: 'sid', idleTimeoutMs: 60_000, absoluteTimeoutMs: 60_000 } as const,
    ],
    ['by address', { type: 'ip', prefix4: 32, prefix6: 64 } as const],
  ])('lets a session %s wait for its own backend, whatever else has room', async (_kind, sticky) => {
    const engine = await start([{ maxConnections: 1 }, { maxConnections: 1 }], { sticky });
    const opening = await send(engine, '/1');
    await waitUntil('a backend', () => first().running.length + second().running.length === 1);
    const [home, other] = first().running.length === 1 ? [first(), second()] : [second(), first()];
    home.release();
    const head = await opening.until(/\r\n\r\n[ab]$/);
    const cookie = /\r\nset-cookie: ([^;]*)/i.exec(head)?.[1];
    const fields = cookie === undefined ? [] : [`Cookie: ${cookie}`];

    await send(engine, '/2', ...fields);
    await home.holds('/2');
    const client = await sendWaiting(engine, '/3', ...fields);
    expect(other.running).toEqual([]);
    home.release();
    await home.holds('/3');
    home.release();
    expect(await client.until(new RegExp(`\r\n\r\n${home.name}$`))).not.toMatch(/set-cookie/i);
  });

  it('moves a session that waits when its backend goes', async () => {
    const sticky = {
      type: 'cookie',
      cookieName: 'sid',
      idleTimeoutMs: 60_000,
      absoluteTimeoutMs: 60_000,
    } as const;
    const sessions = createSessionTable({ now: () => Date.now() });
    const engine = await start([{ maxConnections: 1 }, null], { sticky }, { sessions });
    const opening = await send(engine, '/1');
    await first().holds('/1');
    first().release();
    const cookie = /\r\nset-cookie: ([^;]*)/i.exec(await opening.until(/\r\n\r\na$/))?.[1] ?? '';
    await send(engine, '/2', `Cookie: ${cookie}`);
    await first().holds('/2');
    const client = await sendWaiting(engine, '/3', `Cookie: ${cookie}`);
    engine.apply(snapshot([pool([{ maxConnections: 1, availability: 'unhealthy' }, {}], { sticky })]));
    await second().holds('/3');
    second().release();
    expect(await client.until(/\r\n\r\nb$/)).toMatch(/set-cookie/i);
    first().release();
  });

  it.each([
    ['reset its connection', 'no answer', (client: RawClient) => client.socket.resetAndDestroy()],
    ['ended its side', 'queue_timeout', (client: RawClient) => client.socket.end()],
  ])('keeps no place for a client that %s while the session store was asked', async (_how, told, go) => {
    const sticky = {
      type: 'cookie',
      cookieName: 'sid',
      idleTimeoutMs: 60_000,
      absoluteTimeoutMs: 60_000,
    } as const;
    const table = createSessionTable({ now: () => Date.now() });
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const sessions: SessionStore = {
      recall: () => undefined,
      lookup: async (...of) => {
        asked += 1;
        if (asked > 1) await gate.promise;
        return table.lookup(...of);
      },
      bind: (...of) => table.bind(...of),
      rebind: (...of) => table.rebind(...of),
    };
    const queue = { maxPending: 9, timeoutMs: 60_000 };
    const engine = await start([{ maxConnections: 1 }], { sticky, queue }, { sessions });
    const opening = await send(engine, '/1');
    await first().holds('/1');
    first().release();
    const cookie = /\r\nset-cookie: ([^;]*)/i.exec(await opening.until(/\r\n\r\na$/))?.[1] ?? '';
    await send(engine, '/2', `Cookie: ${cookie}`);
    await first().holds('/2');
    const client = await send(engine, '/3', `Cookie: ${cookie}`);
    await waitUntil('the question', () => asked === 2);
    const open = engine.forwarder.connections();
    go(client);
    // The end of the side is read before what comes on another connection after it.
    if (told === 'no answer') await waitUntil('the end', () => engine.forwarder.connections() < open);
    else await (await send(engine, '/no-route', 'Host: b.test')).until('400');
    gate.resolve();
    // All that follows from the answer of the store by itself is done then.
    await new Promise(setImmediate);
    if (told !== 'no answer') await client.until(told);
    expect(waiting(engine)).toBe(0);
    first().release();
  });

  it('loses neither slot nor request when the session store fails', async () => {
    const sticky = {
      type: 'cookie',
      cookieName: 'sid',
      idleTimeoutMs: 60_000,
      absoluteTimeoutMs: 60_000,
    } as const;
    const fails = () => Promise.reject(new Error('store'));
    const sessions = { recall: () => undefined, lookup: fails, bind: fails, rebind: fails, release: fails };
    const engine = await start([{ maxConnections: 1 }], { sticky }, { sessions });
    const answer = exchangeRaw(engine.port, 'GET /1 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    await first().holds('/1');
    first().release();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(engine.table().pools.get(poolId('default'))?.byId.get(backendId('a'))?.load.own).toBe(0);
  });

  it('serves as many of those that wait as a raised limit has room for', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    await send(engine, '/1');
    await first().holds('/1');
    for (const target of ['/2', '/3']) await sendWaiting(engine, target);
    engine.apply(snapshot([pool([{ maxConnections: 2 }])]));
    await first().holds('/1', '/2');
    engine.apply(snapshot([pool([{}])]));
    await first().holds('/1', '/2', '/3');
    for (let i = 0; i < 3; i += 1) first().release();
  });

  it('answers those that wait when their pool is removed, and when no backend is left', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    await send(engine, '/1');
    await first().holds('/1');
    const early = await sendWaiting(engine, '/2');
    engine.apply(snapshot([pool([{ maxConnections: 1, availability: 'unhealthy' }])]));
    expect(await early.until('no_backend:')).toMatch(/^HTTP\/1\.1 503 /);
    engine.apply(snapshot([pool([{ maxConnections: 1 }])]));
    const late = await sendWaiting(engine, '/3');
    engine.apply(snapshot([]));
    expect(await late.until('no_backend:')).toMatch(/^HTTP\/1\.1 503 /);
    first().release();
    await waitUntil('the log', () => engine.accessLog.length === 3);
  });

  it('counts a tunnel for as long as it is open', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    const tunnel = await send(engine, '/t', 'Connection: Upgrade', 'Upgrade: websocket');
    await first().server.sees(1);
    first().server.connections[0]?.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await tunnel.until('101');
    await sendWaiting(engine, '/2');
    tunnel.socket.resetAndDestroy();
    await waitUntil('the next', () => first().running.includes('/2'));
    first().release();
    first().release();
  });

  it('keeps the body of a request that waits, however large it is', async () => {
    const engine = await start(
      [{ maxConnections: 1 }],
      {},
      { forwarding: { retry: { bufferBytes: 1_000 } } },
    );
    await send(engine, '/1');
    await first().holds('/1');
    const body = Buffer.alloc(3_000_000, 'xyz');
    const client = await connectRaw(engine.port);
    clients.push(client);
    client.send(`POST /2 HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n`);
    client.send(body);
    await untilWaiting(engine, 1);
    first().release();
    await waitUntil('the whole body', () => first().server.requests[1]?.body().length === body.length);
    expect(first().server.requests[1]?.body() === body.toString('latin1')).toBe(true);
    first().release();
    await client.until(/\r\n\r\na$/);
  });

  it.each(['while it waited for room', 'before its backend said 100'])(
    'does not blame a client for the time %s',
    async (when) => {
      let skewMs = 0;
      const engine = await start(
        [{ maxConnections: 1 }],
        { queue: { maxPending: 9, timeoutMs: 60_000 } },
        { monotonic: () => performance.now() + skewMs, forwarding: { timeouts: { requestHeadMs: 300 } } },
      );
      const isQueued = when === 'while it waited for room';
      if (isQueued) {
        await send(engine, '/1');
        await first().holds('/1');
      }
      const client = await connectRaw(engine.port);
      clients.push(client);
      client.send('POST /2 HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
      if (isQueued) {
        await untilWaiting(engine, 1);
        skewMs += 20_000;
        first().release();
      }
      await waitUntil('the request', () => first().running.includes('/2'));
      if (!isQueued) skewMs += 20_000;
      // Longer than it takes to see that no time is left.
      await untilHeadLimit(engine.port);
      first().server.connections.at(-1)?.write('HTTP/1.1 100 Continue\r\n\r\n');
      await client.until('100 Continue');
      client.send('a');
      await untilHeadLimit(engine.port);
      client.send('bc');
      await waitUntil('the body', () => first().server.requests.at(-1)?.body() === 'abc');
      first().release();
      await client.until(/\r\n\r\na$/);
      expect(engine.counted('backendErrors', 'default', 'a', 'timeout')).toBe(0);
    },
  );

  it('serves those that wait while it shuts down', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    await send(engine, '/1');
    await first().holds('/1');
    const client = await sendWaiting(engine, '/2');
    const closed = engine.close(4_000);
    first().release();
    await first().holds('/2');
    first().release();
    expect(await client.until(/\r\n\r\na$/)).toMatch(/\r\nconnection: close\r\n/i);
    await closed;
  });

  it('leaves nobody behind whose time is cut short by the end of a shutdown', async () => {
    const engine = await start([{ maxConnections: 1 }]);
    await send(engine, '/1');
    await first().holds('/1');
    const client = await sendWaiting(engine, '/2');
    await engine.close(50);
    await client.closed();
    expect(waiting(engine)).toBe(0);
  });
});
