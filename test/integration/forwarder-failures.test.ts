/** Backends that fail, and clients that go: who is told, what is tried again, what is counted. */
import {
  answer,
  startBackend,
  type BackendConnection,
  type BackendScript,
  type BackendServer,
} from '../support/backend-server.js';
import { freePort } from '../support/free-port.js';
import { ENGINES, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { later } from '../support/slow-peer.js';
import { waitUntil } from '../support/wait-until.js';
import type { FailureReason } from '../../shared/outcome.js';

const BAD_CHUNK = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nXX\r\n';

describe.each(ENGINES)('failures under the %s engine', (_name, startEngine) => {
  const backends: BackendServer[] = [];
  let engine: EngineUnderTest;

  /** One backend per script, named a, b, c; a number is a port. */
  async function start(
    scripts: readonly (BackendScript | number)[],
    forwarding: ForwardingChanges = {},
  ): Promise<void> {
    const entries = [];
    for (const [index, script] of scripts.entries()) {
      const id = 'abc'.charAt(index);
      if (typeof script === 'number') {
        entries.push(backendAt(id, script));
        continue;
      }
      const backend = await startBackend(script);
      backends.push(backend);
      entries.push(backendAt(id, backend.port));
    }
    engine = await startEngine(snapshotOf([poolOf(entries)], forwarding));
  }
  /** So that both backends are met whatever the rotation begins with. */
  async function twice(request: string): Promise<string[]> {
    return [await exchangeRaw(engine.port, request), await exchangeRaw(engine.port, request)];
  }
  function failures(id: string, reason: FailureReason): number {
    const found = engine.outcomes().filter(({ backend }) => backend === id);
    return found.reduce((sum, { failures: counts }) => sum + (counts[reason] ?? 0), 0);
  }
  function successes(id: string): number {
    return engine
      .outcomes()
      .filter(({ backend }) => backend === id)
      .reduce((sum, outcome) => sum + outcome.successes, 0);
  }
  /** Requests that backends were sent. */
  const sends = (): number => backends.reduce((sum, { requests }) => sum + requests.length, 0);
  afterEach(async () => {
    expect(engine.complaints).toEqual([]);
    await waitUntil('no load left', () =>
      [...engine.table().pools.values()].every(({ backends: all }) =>
        all.every(({ load }) => load.own === 0),
      ),
    );
    await engine.close();
    for (const backend of backends.splice(0)) await backend.close();
  });

  const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const POST = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc';

  it.each([
    ['GET', GET],
    ['POST', POST],
    [
      'POST in chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
  ])('tries %s elsewhere when a backend cannot be connected to', async (_name, request) => {
    await start([
      await freePort(),
      (got, connection) => {
        const done = () => request === GET || got.body().includes('abc');
        void waitUntil('the body', done).then(() => connection.write(answer('ok')));
      },
    ]);
    for (const reply of await twice(request)) expect(reply).toMatch(/ok$/);
    expect(failures('a', 'connect')).toBe(1);
    expect(successes('b')).toBe(2);
    expect(engine.counted('retries', 'default', 'connect')).toBe(1);
  });

  it('sends a large body, not yet read, to the backend that can be reached', async () => {
    const size = 1_000_000;
    await start(
      [
        await freePort(),
        (got, connection) => {
          void waitUntil('the body', () => got.body().length === size).then(() =>
            connection.write(answer('ok')),
          );
        },
      ],
      { retry: { bufferBytes: 10 } },
    );
    const request = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`;
    for (const reply of await twice(request)) expect(reply).toMatch(/ok$/);
  });

  it('answers 502 when no backend can be connected to, after each was tried once', async () => {
    await start([await freePort(), await freePort()]);
    const reply = await exchangeRaw(engine.port, GET);
    expect(reply).toMatch(/^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_connect/);
    expect(failures('a', 'connect') + failures('b', 'connect')).toBe(2);
    expect(engine.counted('retriesExhausted', 'default', 'no_backend')).toBe(1);
  });

  it('makes no more attempts than allowed', async () => {
    await start([await freePort(), await freePort(), await freePort()], { retry: { attempts: 2 } });
    await exchangeRaw(engine.port, GET);
    expect(['a', 'b', 'c'].reduce((sum, id) => sum + failures(id, 'connect'), 0)).toBe(2);
    expect(engine.counted('retriesExhausted', 'default', 'attempts')).toBe(1);
  });

  const cut: BackendScript = (_request, { socket }) => {
    socket.destroy();
  };

  it('makes no retry without a budget, unless nobody had work by the first attempt', async () => {
    await start([cut, cut], { retry: { budgetPercent: 0, budgetMin: 0 } });
    expect(await exchangeRaw(engine.port, GET)).toContain('upstream_reset');
    expect(engine.counted('retriesExhausted', 'default', 'budget')).toBe(1);
    await engine.close();
    await start([await freePort(), () => answer('ok')], { retry: { budgetPercent: 0, budgetMin: 0 } });
    for (const reply of await twice(GET)) expect(reply).toMatch(/ok$/);
  });

  it('tries GET elsewhere when the connection ends before the answer', async () => {
    await start([cut, () => answer('ok')]);
    for (const reply of await twice(GET)) expect(reply).toMatch(/ok$/);
    expect(failures('a', 'reset')).toBe(1);
  });

  it('sends POST once only when the connection ends before the answer', async () => {
    await start([cut, cut]);
    for (const reply of await twice(POST)) {
      expect(reply).toMatch(/^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_reset/);
    }
    expect(backends.map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect(engine.counted('retriesExhausted', 'default', 'method')).toBe(2);
  });

  it('sends a kept body again', async () => {
    await start([
      (got, { socket }) => {
        void waitUntil('the body', () => got.body() === 'abc').then(() => socket.destroy());
      },
      (got, connection) => {
        void waitUntil('the body', () => got.body() === 'abc').then(() => connection.write(answer('ok')));
      },
    ]);
    for (const reply of await twice(POST.replace('POST', 'PUT'))) expect(reply).toMatch(/ok$/);
    expect(failures('a', 'reset')).toBe(1);
  });

  it('does not send again a body that was too large to keep', async () => {
    await start(
      [
        (got, { socket }) => {
          void waitUntil('the body', () => got.body() === 'abc').then(() => socket.destroy());
        },
      ],
      { retry: { bufferBytes: 2 } },
    );
    expect(await exchangeRaw(engine.port, POST.replace('POST', 'PUT'))).toContain('upstream_reset');
    expect(engine.counted('retriesExhausted', 'default', 'body')).toBe(1);
  });

  it('passes 503 of a backend on, and counts it', async () => {
    await start([() => 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy']);
    const reply = await exchangeRaw(engine.port, GET);
    expect(reply).toMatch(/^HTTP\/1\.1 503 Busy\r\n[^]*busy$/);
    expect(reply).not.toContain('x-tidegate-error');
    expect(failures('a', 'status')).toBe(1);
    expect(engine.counted('backendRequests', 'default', 'a', '5xx')).toBe(1);
    expect(engine.counted('backendErrors', 'default', 'a', 'status')).toBe(1);
  });

  it('does not blame a backend for 404', async () => {
    await start([() => 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n']);
    await exchangeRaw(engine.port, GET);
    expect(successes('a')).toBe(1);
  });

  it.each([
    ['no HTTP', 'hello world\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a control character', 'HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n'],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n'],
    ['a control character in the reason', 'HTTP/1.1 200 \u001b[31mred\r\nContent-Length: 0\r\n\r\n'],
    ['a coding that is not known', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nabc'],
    [
      'a coding within chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status beyond 599', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['more fields than allowed', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(1_500)}Content-Length: 0\r\n\r\n`],
    [
      'a switch that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    ],
  ])('answers 502 when a backend sends %s', async (_name, bytes) => {
    await start([() => bytes]);
    const reply = await exchangeRaw(engine.port, POST);
    expect(reply).toMatch(/^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_malformed/);
    expect(failures('a', 'malformed')).toBe(1);
  });

  it.each([
    ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ['with a bad chunk', BAD_CHUNK],
  ])('breaks the message when a body %s is cut short', async (_name, bytes) => {
    await start([
      (_request, connection) => {
        connection.write(bytes);
        connection.socket.end();
      },
    ]);
    const client = await connectRaw(engine.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.closed();
    client.close();
    const body = client.received();
    expect(body).toContain('HTTP/1.1 200 OK');
    // What came together with a fault need not go on.
    if (bytes !== BAD_CHUNK) expect(body).toContain('part');
    expect(body).not.toMatch(/0\r\n\r\n$/);
    expect(body).not.toContain('x-tidegate-error');
    expect(failures('a', 'body')).toBe(1);
    expect(successes('a')).toBe(0);
  });

  it('tells an HTTP/1.0 client by a reset that a body was cut short', async () => {
    await start([
      (_request, connection) => {
        connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n');
        void waitUntil('the client to have it', () => client.received().includes('part')).then(() =>
          connection.socket.destroy(),
        );
      },
    ]);
    const client = await connectRaw(engine.port);
    client.send('GET / HTTP/1.0\r\n\r\n');
    expect(await client.closed()).toBe('ECONNRESET');
    client.close();
  });

  it('answers 504 when the head does not come in time', async () => {
    await start([() => undefined], { timeouts: { responseHeadMs: 100 } });
    expect(await exchangeRaw(engine.port, POST)).toMatch(
      /^HTTP\/1\.1 504 [^]*x-tidegate-error: upstream_timeout/,
    );
    expect(failures('a', 'timeout')).toBe(1);
  });

  it('asks nobody else when a backend takes long, unless a time for one try was asked for', async () => {
    await start([() => undefined, () => undefined], { timeouts: { responseHeadMs: 200 } });
    expect(await exchangeRaw(engine.port, GET)).toMatch(/^HTTP\/1\.1 504 [^]*upstream_timeout/);
    expect(sends()).toBe(1);
    expect(engine.counted('retries', 'default', 'timeout')).toBe(0);
    expect(engine.counted('retriesExhausted', 'default', 'attempts')).toBe(0);
  });

  it('waits for all attempts together no longer than for the head of one', async () => {
    const late = { retry: { perTryTimeoutMs: 200 }, timeouts: { responseHeadMs: 300 } };
    await start([() => undefined, () => undefined, () => undefined], late);
    expect(await exchangeRaw(engine.port, GET)).toContain('upstream_timeout');
    expect(sends()).toBe(2);
  });

  it('tries GET elsewhere when one try takes too long', async () => {
    await start([() => undefined, () => answer('ok')], { retry: { perTryTimeoutMs: 100 } });
    for (const reply of await twice(GET)) expect(reply).toMatch(/ok$/);
    expect(failures('a', 'timeout')).toBe(1);
  });

  it('counts the time of one try from the end of the request', async () => {
    const whole: BackendScript = (request, connection) => {
      void waitUntil('the body', () => request.body() === 'abcdef').then(() =>
        connection.write(answer('ok')),
      );
    };
    await start([whole, whole], { retry: { perTryTimeoutMs: 300 } });
    const client = await connectRaw(engine.port);
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
    later(600, () => client.send('def'));
    await client.until(/ok$/);
    client.close();
    expect(failures('a', 'timeout') + failures('b', 'timeout')).toBe(0);
  });

  it('waits longer than one try may take where no other could follow', async () => {
    const late: BackendScript = (_request, connection) => {
      later(300, () => connection.write(answer('late')));
    };
    await start([late, late], { retry: { perTryTimeoutMs: 100 } });
    expect(await exchangeRaw(engine.port, POST)).toMatch(/late$/);
    // The second of two: there is no third to go to.
    expect(await exchangeRaw(engine.port, GET)).toMatch(/late$/);
    expect(failures('a', 'timeout') + failures('b', 'timeout')).toBe(1);
  });

  it('breaks a response that stands still', async () => {
    await start([() => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'], {
      timeouts: { responseIdleMs: 100 },
    });
    const client = await connectRaw(engine.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.closed();
    client.close();
    expect(client.received()).toMatch(/part$/);
    expect(failures('a', 'body')).toBe(1);
  });

  it('ends the attempt of a client that went away, and blames nobody', async () => {
    await start([() => undefined]);
    const client = await connectRaw(engine.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await backends[0]?.sees(1);
    // Without a reset it might still wait for its answer: see `native-connections`.
    client.socket.resetAndDestroy();
    await waitUntil('the upstream connection to close', () => backends[0]?.connections[0]?.socket.destroyed);
    await waitUntil('the count', () => engine.counted('clientAborts', 'default') === 1);
    expect(engine.outcomes()).toEqual([]);
  });

  it('ends the attempt of a client that went away within its body', async () => {
    await start([() => undefined]);
    const client = await connectRaw(engine.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    await backends[0]?.sees(1);
    client.close();
    await waitUntil('the upstream connection to close', () => backends[0]?.connections[0]?.socket.destroyed);
    await waitUntil('the count', () => engine.counted('clientAborts', 'default') === 1);
    expect(engine.outcomes()).toEqual([]);
  });

  it('ends the attempt of a client that went away within the response', async () => {
    await start([
      (_request, connection) => {
        connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n');
        connection.write(Buffer.alloc(10_000_000));
      },
    ]);
    const client = await connectRaw(engine.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('200 OK');
    client.close();
    await waitUntil('the upstream connection to close', () => backends[0]?.connections[0]?.socket.destroyed);
    await waitUntil('the count', () => engine.counted('clientAborts', 'default') === 1);
    expect(failures('a', 'body')).toBe(0);
  });

  it('repeats GET at once when a kept connection was closed, and blames nobody', async () => {
    const used = new Set<BackendConnection>();
    await start([
      (_request, connection) => {
        // The second request on a connection meets its end, as when a backend gives up idle connections.
        if (used.has(connection)) {
          connection.socket.destroy();
          return undefined;
        }
        used.add(connection);
        return answer('ok');
      },
    ]);
    for (let i = 0; i < 10; i += 1) expect(await exchangeRaw(engine.port, GET)).toMatch(/ok$/);
    expect(failures('a', 'reset')).toBe(0);
    expect(engine.counted('backendErrors', 'default', 'a', 'reset')).toBe(0);
  });

  describe('when kept connections are closed just when they are used', () => {
    /** Answers the first request on each connection that comes while `isUp`, and closes on any other. */
    function stale(): { readonly script: BackendScript; isUp: boolean } {
      const used = new Set<BackendConnection>();
      const backend = {
        isUp: true,
        script: ((_request, connection) => {
          if (backend.isUp && !used.has(connection)) {
            used.add(connection);
            return answer('ok');
          }
          connection.socket.destroy();
          return undefined;
        }) satisfies BackendScript,
      };
      return backend;
    }
    it('a request is sent once where it may be sent once only', async () => {
      await start([stale().script], { retry: { attempts: 1, onStale: false } });
      expect(await exchangeRaw(engine.port, GET)).toMatch(/ok$/);
      expect(await exchangeRaw(engine.port, GET)).toContain('upstream_reset');
      expect(sends()).toBe(2);
      expect(failures('a', 'reset')).toBe(0);
    });

    it('a request that may be sent once only goes elsewhere as an attempt', async () => {
      await start([stale().script, stale().script], { retry: { attempts: 2, onStale: false } });
      for (const reply of await twice(GET)) expect(reply).toMatch(/ok$/);
      expect(await exchangeRaw(engine.port, GET)).toContain('upstream_reset');
      expect(sends()).toBe(4);
      expect(engine.counted('retries', 'default', 'reset')).toBe(1);
    });

    it('a request is sent no more than once more than it has attempts', async () => {
      const two = [stale(), stale()];
      await start(
        two.map(({ script }) => script),
        { retry: { attempts: 2 } },
      );
      for (const reply of await twice(GET)) expect(reply).toMatch(/ok$/);
      for (const backend of two) backend.isUp = false;
      expect(await exchangeRaw(engine.port, GET)).toContain('upstream_reset');
      expect(sends()).toBe(2 + 3);
      // The kept connection of the second was not used, so that its failure is its own.
      expect(failures('a', 'reset') + failures('b', 'reset')).toBe(2);
    });
  });

  it('does not hand out what a backend sent on an idle connection', async () => {
    await start([
      (request) => {
        if (request.number === 0) return `${answer('first')}${answer('poison')}`;
        return answer(`number ${request.number}`);
      },
    ]);
    expect(await exchangeRaw(engine.port, GET)).toMatch(/first$/);
    expect(await exchangeRaw(engine.port, GET)).toMatch(/number \d$/);
  });

  it('survives resets at every place', async () => {
    await start([
      (request, connection) => {
        if (request.number % 3 === 0) connection.write('HTTP/1.1 200 OK\r\nContent-');
        if (request.number % 3 === 1) connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
        connection.socket.resetAndDestroy();
      },
    ]);
    for (let i = 0; i < 12; i += 1) {
      const client = await connectRaw(engine.port);
      client.send(i % 2 === 0 ? POST : GET);
      if (i % 4 === 0) client.socket.resetAndDestroy();
      else await client.closed();
      client.close();
    }
    await waitUntil('nobody there', () => engine.forwarder.connections() === 0);
  });
});
