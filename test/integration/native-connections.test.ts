/** How the native engine takes turns between its clients' connections, and how it ends them. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { every, later, pause } from '../support/slow-peer.js';
import { untilStill, waitUntil } from '../support/wait-until.js';

/** Its time runs ten times as fast. */
const FAST: EngineOptions = { monotonic: () => performance.now() * 10 };
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('connections of the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: RawClient[] = [];

  async function start(
    script: BackendScript | null,
    forwarding: ForwardingChanges = {},
    options: EngineOptions = {},
  ): Promise<void> {
    backend = await startBackend(script ?? (() => undefined));
    const backends = script === null ? [] : [backendAt('a', backend.port)];
    engine = await startNative(snapshotOf([poolOf(backends)], forwarding), options);
  }
  async function connect(): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    return client;
  }
  const answers = (client: RawClient): number => client.received().split('HTTP/1.1 ').length - 1;
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await engine.close();
    await backend.close();
    expect(engine.complaints).toEqual([]);
  });

  it('answers few pipelined requests of one connection in one turn of the event loop, and all in the end', async () => {
    await start(null);
    const client = await connect();
    let most = 0;
    let before = 0;
    let isWatching = true;
    const watch = (): void => {
      const count = engine.counted('localReplies', 'default', 'no_backend');
      most = Math.max(most, count - before);
      before = count;
      if (isWatching) setImmediate(watch);
    };
    watch();
    client.send(GET.repeat(5_000));
    await waitUntil('all answers', () => answers(client) === 5_000);
    isWatching = false;
    expect(before).toBe(5_000);
    expect(most).toBeLessThanOrEqual(50);
  });

  describe('ending a connection by its own choice, while more requests are on their way', () => {
    it.each([
      ['its share of requests, answered by ourselves', null, 503],
      ['its share of requests, answered by a backend', () => answer('ok'), 200],
    ] as const)('sends the last answer whole after %s', async (_why, script, status) => {
      await start(script, { limits: { requestsPerConnection: 3 } });
      const client = await connect();
      // More than one read takes; what is not read when a connection is closed resets it.
      client.socket.pause();
      client.send(GET.repeat(50_000));
      await waitUntil(
        'the last answer',
        () => engine.counted('requests', 'default', 'GET', String(status)) >= 3,
      );
      await untilStill('what the client has sent', () => client.socket.writableLength, { forMs: 100 });
      client.socket.resume();
      expect(await client.closed()).toBe('end');
      expect(answers(client)).toBe(3);
      expect(client.received()).toMatch(/connection: close\r\n/i);
    });
  });

  describe('an empty line before a request (RFC 9112 §2.2) that comes by itself', () => {
    const EMPTY = '\r\n';

    it.each([
      ['at first', [EMPTY, GET], 1],
      ['at first, byte by byte', ['\r', '\n', GET], 1],
      ['between requests', [GET, EMPTY, GET], 2],
      [
        'behind a body',
        [`${GET.replace('GET', 'POST').trimEnd()}\r\nContent-Length: 2\r\n\r\nhi`, EMPTY, GET],
        2,
      ],
    ])('is passed over: %s', async (_when, pieces, count) => {
      await start(() => answer('ok'));
      const client = await connect();
      for (const piece of pieces) {
        client.send(piece);
        // So that each piece is read by itself.
        await client.taken();
      }
      await waitUntil('all answers', () => answers(client) === count);
    });

    it('is passed over while the request before is being answered', async () => {
      await start(({ number }) => (number === 0 ? undefined : answer('ok')));
      const client = await connect();
      client.send(GET);
      await backend.sees(1);
      client.send(EMPTY);
      await client.taken();
      backend.connections[0]?.write(answer('ok'));
      await client.until(/ok$/);
      client.send(GET);
      await waitUntil('the second answer', () => answers(client) === 2);
    });
  });

  it('follows a raised limit of connections at once', async () => {
    await start(() => answer('ok'), { limits: { connectionsPerWorker: 1 } });
    const first = await connect();
    first.send(GET);
    await first.until(/ok$/);
    const pool = poolOf([backendAt('a', backend.port)]);
    engine.apply({ ...snapshotOf([pool], { limits: { connectionsPerWorker: 2 } }), version: 2 });
    // The first one to come after that may still be turned away.
    const isServed = async (): Promise<boolean> => {
      const client = await connect();
      const { socket } = client;
      client.send(GET);
      await waitUntil('a word', () => client.received() !== '' || socket.readableEnded || socket.closed);
      return client.received().endsWith('ok');
    };
    expect((await isServed()) || (await isServed())).toBe(true);
  });

  describe('shutting down', () => {
    it('answers the next request of an idle connection, as its last', async () => {
      await start(() => answer('ok'));
      const [used, fresh, silent] = [await connect(), await connect(), await connect()];
      for (const client of [used, silent]) {
        client.send(GET);
        expect(await client.until(/ok$/)).not.toMatch(/connection: close/i);
      }
      const closed = engine.close(3_000);
      await waitUntil('nobody to listen any more', async () => {
        const late = await connect();
        return late.socket.destroyed;
      });
      used.send(GET);
      fresh.send(GET);
      expect(await used.until(/ok[^]*ok$/)).toMatch(/connection: close/i);
      expect(await fresh.until(/ok$/)).toMatch(/connection: close/i);
      expect(await used.closed()).toBe('end');
      expect(await fresh.closed()).toBe('end');
      // Long before the deadline, although this one asks nothing more.
      expect(await silent.closed()).toBe('end');
      for (const client of clients) client.close();
      await closed;
    });

    it('loses no request of clients that go on until they are told', async () => {
      await start(() => answer('ok'));
      const run = async (pauseMs: number): Promise<number> => {
        const client = await connect();
        for (let count = 1; ; count += 1) {
          client.send(GET);
          await waitUntil('the answer', () => answers(client) === count && client.received().endsWith('ok'));
          if (/connection: close/i.test(client.received())) return count;
          await pause(pauseMs);
        }
      };
      const runs = Array.from({ length: 40 }, (_, i) => run(i * 5));
      await backend.sees(100);
      const closed = engine.close(3_000);
      // Each of them ends by having been told so, with an answer to its last request.
      const counts = await Promise.all(runs);
      for (const client of clients) client.close();
      await closed;
      expect(backend.requests).toHaveLength(counts.reduce((sum, count) => sum + count, 0));
    });
  });

  describe('waiting for a request body', () => {
    /** A byte every 20 ms, with the engine's clock every 200 ms: less than the idle time, and 5 a second. */
    function trickle(client: RawClient): () => void {
      return every(20, () => client.send('1\r\nx\r\n'));
    }
    const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

    it('refuses one that is slower than the floor rate, however it trickles', async () => {
      await start(() => undefined, {}, FAST);
      const client = await connect();
      client.send(HEAD);
      const stop = trickle(client);
      await client.until('x-tidegate-error: request_timeout');
      stop();
      expect(engine.outcomes()).toEqual([]);
    });

    it('takes one that is slow, but faster than the floor rate', async () => {
      const script: BackendScript = (request, connection) => {
        void waitUntil('the body', () => request.body().endsWith('\r\n0\r\n\r\n')).then(() =>
          connection.write(answer('all of it')),
        );
      };
      await start(script, {}, FAST);
      const client = await connect();
      client.send(HEAD);
      // 200 bytes each 20 ms: 1,000 a second by the engine's clock.
      for (let i = 0; i < 60; i += 1) {
        client.send(`c8\r\n${'x'.repeat(200)}\r\n`);
        await pause(20);
      }
      client.send('0\r\n\r\n');
      await client.until('all of it');
    });

    it('does not let an early answer free a slow client of the floor rate', async () => {
      await start(
        () => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel',
        { timeouts: { responseIdleMs: 2_000 } },
        FAST,
      );
      const client = await connect();
      client.send(HEAD);
      const stop = trickle(client);
      await client.until('hel');
      await client.closed();
      stop();
      expect(client.received()).not.toContain('hello');
      // The client was late, not the backend.
      expect(engine.outcomes().flatMap(({ failures }) => Object.keys(failures))).toEqual([]);
    });

    it('lets a backend answer for long while the client sends little', async () => {
      const script: BackendScript = (_request, connection) => {
        connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        let count = 0;
        const stop = every(20, () => {
          connection.write(count === 60 ? '0\r\n\r\n' : '1\r\ny\r\n');
          if (count++ === 60) stop();
        });
      };
      await start(script, { timeouts: { responseIdleMs: 2_000 } }, FAST);
      const client = await connect();
      client.send(HEAD);
      await client.until(/\r\n0\r\n\r\n$/);
    });
  });

  describe('a client that has ended its side with its request', () => {
    it('is answered by a backend that takes its time', async () => {
      await start(
        (_request, connection) => {
          later(250, () => connection.write(answer('late')));
        },
        {},
        FAST,
      );
      const client = await connect();
      client.socket.end(GET);
      await client.until(/late$/);
      expect(await client.closed()).toBe('end');
    });

    it('is answered bit by bit, with pauses', async () => {
      await start(
        (_request, connection) => {
          connection.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
          let count = 0;
          const stop = every(400, () => {
            connection.write('x');
            if (++count === 3) stop();
          });
        },
        {},
        FAST,
      );
      const client = await connect();
      client.socket.end(GET);
      await client.until(/xxx$/);
    });

    it('has its own time to wait, and the backend its own', async () => {
      await start(() => undefined, { timeouts: { responseHeadMs: 2_000 } }, FAST);
      const client = await connect();
      client.socket.end(GET);
      await client.until('x-tidegate-error: upstream_timeout');
    });

    it('is not waited for longer where it is gone', async () => {
      await start(() => undefined, { timeouts: { responseHeadMs: 100_000 } }, FAST);
      const client = await connect();
      client.send(GET);
      await backend.sees(1);
      client.close();
      await waitUntil('the end of the attempt', () => backend.connections[0]?.socket.destroyed);
      await waitUntil('the count', () => engine.counted('clientAborts', 'default') === 1);
      expect(engine.outcomes()).toEqual([]);
    });
  });
});
