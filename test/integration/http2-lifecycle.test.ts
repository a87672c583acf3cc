/** How HTTP/2 streams and connections end: by the client, by the backend, by limits, and when the worker shuts down. */
import {
  type BackendConnection,
  type BackendScript,
  type BackendServer,
  answer,
  startBackend,
} from '../support/backend-server.js';
import { type EngineUnderTest, ENGINES } from '../support/engine-under-test.js';
import { type H2Client, connectH2 } from '../support/h2-client.js';
import { CODE, FLAG, FRAME, FrameClient, data, headers, request, reset } from '../support/h2-frames.js';
import { type ForwardingChanges, backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

const POST = { ':method': 'POST' };

describe.each(ENGINES)('the end of HTTP/2 through the %s engine', (_engine, startEngine) => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let client: H2Client;
  let raw: FrameClient | null = null;

  async function start(script: BackendScript, forwarding: ForwardingChanges = {}): Promise<void> {
    backend = await startBackend(script);
    engine = await startEngine(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding), {
      certificate: testCertificate(),
    });
    client = await connectH2(engine.port);
  }
  async function frames(): Promise<FrameClient> {
    raw = await FrameClient.open(engine.port);
    return raw;
  }
  const upstreamEnded = async (): Promise<void> => {
    await waitUntil('the upstream connection to end', () => {
      const [connection] = backend.connections;
      return connection !== undefined && (connection.socket.destroyed || connection.socket.readableEnded);
    });
  };
  afterEach(async () => {
    raw?.close();
    raw = null;
    client.close();
    await waitUntil('nothing left', () => engine.forwarder.connections() === 0);
    await engine.close();
    await backend.close();
    expect(engine.complaints).toEqual([]);
  });

  describe('of a stream', () => {
    it('that its client resets while it waits: the backend is let go, and not blamed', async () => {
      await start(() => undefined);
      const got = client.request();
      await backend.sees(1);
      got.stream.close(CODE.cancel);
      await upstreamEnded();
      await waitUntil('the count', () => engine.counted('clientAborts', 'default') === 1);
      expect(engine.outcomes()).toEqual([]);
      expect(client.session.destroyed).toBe(false);
    });

    it('that waits for room: it is served in its turn, and leaves no place behind when it is reset', async () => {
      const held: BackendConnection[] = [];
      await start((_request, connection) => void held.push(connection));
      const pool = poolOf([backendAt('a', backend.port, { maxConnections: 1 })]);
      engine.apply(snapshotOf([pool], {}, { version: 2 }));
      const waiting = (): number => engine.table().pools.get(pool.id)?.queue.size ?? -1;
      const running = client.request();
      await backend.sees(1);
      const leaves = client.request();
      await waitUntil('one to wait', () => waiting() === 1);
      const served = client.request();
      await waitUntil('two to wait', () => waiting() === 2);
      leaves.stream.close(CODE.cancel);
      await waitUntil('one to leave', () => waiting() === 1);
      held[0]?.write(answer('one'));
      expect(await running.whole()).toBe('one');
      await backend.sees(2);
      held[1]?.write(answer('two'));
      expect(await served.whole()).toBe('two');
      expect(waiting()).toBe(0);
    });

    it('that its client resets within the answer: the backend is let go', async () => {
      await start(() => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart');
      const got = client.request();
      await waitUntil('a part', () => got.body() === 'part');
      got.stream.close(CODE.cancel);
      await upstreamEnded();
      await waitUntil('the count', () => engine.counted('clientAborts', 'default') === 1);
    });

    it.each([
      ['CANCEL', CODE.cancel],
      ['NO_ERROR', CODE.none],
    ])(
      'that its client resets with %s within the body: never a whole body at the backend',
      async (_name, code) => {
        await start(() => undefined);
        const sender = await frames();
        sender.send(headers(1, request(POST), FLAG.endHeaders), data(1, 'half'));
        await waitUntil('the half', () => backend.requests[0]?.body() === '4\r\nhalf\r\n');
        sender.send(reset(1, code));
        await upstreamEnded();
        expect(backend.requests[0]?.body()).toBe('4\r\nhalf\r\n');
        expect(engine.outcomes()).toEqual([]);
      },
    );

    it.each([
      ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'],
      ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ])('that the backend breaks off within an answer %s: reset, never a clean end', async (_name, reply) => {
      await start((_request, connection) => {
        connection.write(reply);
        connection.socket.destroySoon();
      });
      const got = client.request();
      expect(await got.resetCode()).toBe(CODE.internal);
      expect(got.body()).toBe('part');
      await waitUntil('the count', () => engine.counted('backendErrors', 'default', 'a', 'body') === 1);
      expect(client.session.destroyed).toBe(false);
    });

    it('that is broken off has no END_STREAM before its reset', async () => {
      await start((_request, connection) => {
        connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart');
        connection.socket.destroySoon();
      });
      const reader = await frames();
      reader.send(headers(1, request()));
      expect(await reader.resetCode(1)).toBe(CODE.internal);
      const ends = reader.frames.filter(({ stream, flags }) => stream === 1 && (flags & FLAG.endStream) > 0);
      expect(ends).toEqual([]);
    });

    it('whose backend pauses for too long within an answer: reset', async () => {
      await start(() => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', {
        timeouts: { responseIdleMs: 200 },
      });
      expect(await client.request().resetCode()).toBe(CODE.internal);
      await upstreamEnded();
    });

    it('whose client stops within its body: 408, and the connection stays', async () => {
      await start(() => undefined, { timeouts: { requestBodyIdleMs: 200 } });
      const got = client.open({ ...POST, 'content-length': '10' });
      got.stream.write('half');
      expect(await got.head()).toBe(408);
      await upstreamEnded();
      expect(client.session.destroyed).toBe(false);
    });

    it('that is answered before its body has come: the whole answer, then the request to stop', async () => {
      await start(() => answer('no', 'X: y').replace('200 OK', '413 Too Large'));
      const sender = await frames();
      sender.send(headers(1, request(POST), FLAG.endHeaders), data(1, 'begin'));
      await sender.answered(1);
      await sender.sees(
        'the end',
        ({ type, flags, stream }) => type === FRAME.data && stream === 1 && (flags & FLAG.endStream) > 0,
      );
      sender.send(data(1, 'more'));
      expect(await sender.resetCode(1)).toBe(CODE.none);
      await upstreamEnded();
      sender.send(headers(3, request()));
      await sender.answered(3);
    });

    it('does not hold the body of another one back', async () => {
      await start((got, connection) => {
        if (got.target === '/stuck') connection.socket.pause();
        else {
          void waitUntil('the body', () => got.body().length === 200_000).then(() =>
            connection.write(answer('ok')),
          );
        }
      });
      const stuck = client.request({ ...POST, ':path': '/stuck' }, 'x'.repeat(10_000_000));
      await backend.sees(1);
      const fine = client.request({ ...POST, 'content-length': '200000' }, 'x'.repeat(200_000));
      expect(await fine.whole()).toBe('ok');
      stuck.stream.close(CODE.cancel);
    });
  });

  describe('of a connection', () => {
    it('that is idle for too long: GOAWAY without an error', async () => {
      await start(() => answer('ok'), { timeouts: { keepAliveMs: 200 } });
      expect(await client.request().whole()).toBe('ok');
      expect(await client.goaway()).toBe(CODE.none);
      await client.closed();
    });

    it('that is not idle while an answer runs', async () => {
      let finish: () => void = () => undefined;
      await start(
        (_request, connection) => {
          connection.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npa');
          finish = () => connection.write('rt');
        },
        { timeouts: { keepAliveMs: 500 } },
      );
      const got = client.request();
      await waitUntil('a part', () => got.body() === 'pa');
      const begun = performance.now();
      await waitUntil('longer than idle', () => performance.now() - begun > 1_000);
      finish();
      expect(await got.whole()).toBe('part');
    });

    it('that has served enough: GOAWAY, and what runs is finished', async () => {
      let finish: () => void = () => undefined;
      await start(
        ({ target }, connection) => {
          if (target !== '/slow') return answer('ok');
          finish = () => connection.write(answer('slow'));
          return undefined;
        },
        { limits: { requestsPerConnection: 2 } },
      );
      const slow = client.request({ ':path': '/slow' });
      await backend.sees(1);
      expect(await client.request().whole()).toBe('ok');
      expect(await client.goaway()).toBe(CODE.none);
      finish();
      expect(await slow.whole()).toBe('slow');
      await client.closed();
    });
  });

  describe('when the worker shuts down', () => {
    it('GOAWAY, running streams are served to their end, and then the connection closes', async () => {
      let finish: () => void = () => undefined;
      await start(({ target }, connection) => {
        if (target !== '/slow') return answer('ok');
        connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nsl\r\n');
        finish = () => connection.write('2\r\now\r\n0\r\n\r\n');
        return undefined;
      });
      const idle = await connectH2(engine.port);
      expect(await idle.request().whole()).toBe('ok');
      const slow = client.request({ ':path': '/slow' });
      await waitUntil('a part', () => slow.body() === 'sl');
      const closed = engine.close(5_000);
      expect(await idle.goaway()).toBe(CODE.none);
      expect(await client.goaway()).toBe(CODE.none);
      await idle.closed();
      finish();
      expect(await slow.whole()).toBe('slow');
      await client.closed();
      await closed;
    });

    it('what still runs at the deadline is cut', async () => {
      await start(() => undefined);
      const got = client.request();
      await backend.sees(1);
      await engine.close(50);
      await waitUntil('the end', () => got.stream.destroyed);
      expect(got.status()).toBeUndefined();
      expect(engine.forwarder.connections()).toBe(0);
    });

    it('nothing is left that keeps the process', async () => {
      await start(() => answer('ok'));
      await client.request().whole();
      const timers = (): number =>
        process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      client.close();
      await engine.close(1_000);
      await backend.close();
      await waitUntil('no timer but that of this wait', () => timers() <= 2);
    });
  });
});
