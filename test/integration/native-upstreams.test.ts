/** Which connection to a backend the native engine uses again, and for what. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, exchangeRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { untilStill, waitUntil } from '../support/wait-until.js';

const request = (method: string, target = '/'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
/** Time that runs ten times as fast. */
const monotonic = (): number => performance.now() * 10;

/** Waits until so much of the engine's time has passed. */
async function untilIdleFor(ms: number): Promise<void> {
  const until = monotonic() + ms;
  await waitUntil(`${ms} ms of the engine's time`, () => monotonic() >= until);
}

describe('connections of the native engine to backends', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;

  async function start(script: BackendScript, options: EngineOptions = {}): Promise<void> {
    backend = await startBackend(script);
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', backend.port)])], { timeouts: { upstreamKeepAliveMs: 60_000 } }),
      options,
    );
  }
  afterEach(async () => {
    await engine.close();
    await backend.close();
    expect(engine.complaints).toEqual([]);
  });

  describe('that have been idle for long', () => {
    /** Closes a connection just when its second request comes. */
    const stale: BackendScript = (_request, connection) => {
      const isFirst = connection.received().split('HTTP/1.1').length === 2;
      if (isFirst) return answer('ok');
      connection.socket.resetAndDestroy();
      return undefined;
    };

    it.each(['POST', 'PATCH'])('are not used for %s, which could not be sent again', async (method) => {
      await start(stale, { monotonic });
      expect(await exchangeRaw(engine.port, request('GET'))).toMatch(/ok$/);
      await untilIdleFor(3_000);
      expect(await exchangeRaw(engine.port, request(method))).toMatch(/ok$/);
      expect(backend.connections).toHaveLength(2);
    });

    it('are used for GET, which is sent again where they turn out to be closed', async () => {
      await start(stale, { monotonic });
      await exchangeRaw(engine.port, request('GET'));
      await untilIdleFor(3_000);
      expect(await exchangeRaw(engine.port, request('GET', '/again'))).toMatch(/ok$/);
      expect(backend.connections[0]?.received()).toContain('/again');
    });

    it('are used for POST right after another request', async () => {
      await start(() => answer('ok'));
      await exchangeRaw(engine.port, request('GET'));
      expect(await exchangeRaw(engine.port, request('POST'))).toMatch(/ok$/);
      expect(backend.connections).toHaveLength(1);
    });
  });

  it('are not used again where part of a request body still waits for the backend', async () => {
    const LARGE = Buffer.alloc(24_000_000, 'x');
    await start((_request, connection) => {
      connection.socket.pause();
    });
    const clients: RawClient[] = [];
    const counted = (): number => engine.counted('receivedBytes', 'default');
    const upload = async (size: number): Promise<RawClient> => {
      const client = await connectRaw(engine.port);
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
      client.socket.write(LARGE.subarray(0, size));
      await untilStill('the flow', counted, { forMs: 100 });
      clients.push(client);
      return client;
    };
    // How much is taken for a backend that does not read is measured first.
    const first = await upload(LARGE.length);
    const limit = counted();
    first.close();
    // Then so much that all of it is read, but not all of it sent; the kernel has all of the smallest ones.
    const sizes = Array.from({ length: 8 }, (_, i) => limit - i * 20_000);
    for (const size of sizes) await upload(size);
    const [, ...connections] = backend.connections;
    expect(connections).toHaveLength(sizes.length);
    for (const connection of connections) connection.write(answer('enough'));
    for (const client of clients.slice(1)) await client.until(/enough$/);
    // Now it reads. What the engine has let go ends within the body; what it kept has all of it.
    for (const { socket } of connections) socket.resume();
    const bodyOf = (index: number): number => {
      const received = connections[index]?.received() ?? '';
      return received.length - received.indexOf('\r\n\r\n') - 4;
    };
    await waitUntil('the end of all bodies', () =>
      connections.every(
        ({ socket }, i) => socket.readableEnded || socket.destroyed || bodyOf(i) === sizes[i],
      ),
    );
    const cut = connections.filter((_, i) => bodyOf(i) < (sizes[i] ?? 0));
    expect(cut.length).toBeGreaterThan(0);
    for (const { socket } of cut) expect(socket.readableEnded || socket.destroyed).toBe(true);
    for (const client of clients) client.close();
  });
});
