/** What goes through an engine must come out as it went in. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, exchangeRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

describe('messages through the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: RawClient[] = [];

  async function start(script: BackendScript, forwarding: ForwardingChanges = {}): Promise<void> {
    backend = await startBackend(script);
    engine = await startNative(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding));
  }
  async function connect(): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    return client;
  }
  /** Sends one request, adding Host, and answers all that came back. */
  function send(line: string, ...fields: readonly string[]): Promise<string> {
    return exchangeRaw(
      engine.port,
      [`${line} HTTP/1.1`, 'Host: a.test', 'Connection: close', ...fields, '', ''].join('\r\n'),
    );
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it.each([
    ['/plain'],
    ['/a/../b/./c'],
    ['//double//slashes///'],
    ['/percent%20%2F%2e%41%C3%A4%zz'],
    ['/?'],
    ['/path?'],
    ['/path?a=1&b=%20&a=2?x=/y'],
    ['/odd!$&\'()*+,;=:@~[]{}|^`\\"'],
    ['/..;/x'],
  ])('passes the target %s as it is', async (target) => {
    await start(() => answer('ok'));
    await send(`GET ${target}`);
    expect(backend.requests[0]?.target).toBe(target);
  });

  it('passes OPTIONS * as it is', async () => {
    await start(() => answer('ok'));
    await send('OPTIONS *');
    expect(backend.requests[0]?.target).toBe('*');
  });

  it('sends an absolute target in origin form', async () => {
    await start(() => answer('ok'));
    await send('GET http://a.test/x?y');
    expect(backend.requests[0]?.target).toBe('/x?y');
    expect(backend.requests[0]?.field('host')).toBe('a.test');
  });

  it('passes Host as sent', async () => {
    await start(() => answer('ok'));
    await exchangeRaw(
      engine.port,
      'GET / HTTP/1.1\r\nhOsT: Www.Example.COM:8080\r\nConnection: close\r\n\r\n',
    );
    expect(backend.requests[0]?.head).toContain('\r\nhOsT: Www.Example.COM:8080\r\n');
  });

  it('passes request fields in their case, and repeated ones one by one', async () => {
    await start(() => answer('ok'));
    await send(
      'GET /',
      'X-CasE: MiXed',
      'X-Many: 1',
      'Accept: a',
      'X-Many: 2',
      '__proto__: x',
      '123: y',
      'X-Latin: \xe4',
    );
    const head = backend.requests[0]?.head ?? '';
    expect(head).toContain('\r\nX-CasE: MiXed\r\n');
    expect(head).toMatch(/\r\nX-Many: 1\r\n[^]*X-Many: 2\r\n/);
    expect(head).toContain('\r\n__proto__: x\r\n');
    expect(head).toContain('\r\n123: y\r\n');
    expect(head).toContain('\r\nX-Latin: \xe4\r\n');
  });

  it('tells the backend who the client is, and forgets what an untrusted client claims', async () => {
    await start(() => answer('ok'));
    await send(
      'GET /',
      'X-Forwarded-For: 1.2.3.4',
      'X_Forwarded_Proto: https',
      'X-Real-IP: 1.2.3.4',
      'Forwarded: for=1.2.3.4',
    );
    const [request] = backend.requests;
    expect(request?.field('x-forwarded-for')).toBe('127.0.0.1');
    expect(request?.field('x-forwarded-proto')).toBe('http');
    expect(request?.field('x-forwarded-host')).toBe('a.test');
    expect(request?.head).not.toContain('1.2.3.4');
    expect(request?.head).not.toContain('X_Forwarded');
  });

  it('believes a trusted proxy', async () => {
    await start(() => answer('ok'), { trustedProxies: ['127.0.0.0/8'] });
    await send('GET /', 'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https');
    expect(backend.requests[0]?.field('x-forwarded-for')).toBe('1.2.3.4, 127.0.0.1');
    expect(backend.requests[0]?.field('x-forwarded-proto')).toBe('https');
  });

  it('keeps hop-by-hop fields and those that Connection names on their hop, both ways', async () => {
    await start(() =>
      answer(
        'ok',
        'Connection: X-Secret',
        'X-Secret: s',
        'Keep-Alive: timeout=99',
        'Proxy-Authenticate: x',
        'X-Kept: k',
      ),
    );
    const reply = await exchangeRaw(
      engine.port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Authorization: p\r\nX-Kept: k\r\n\r\n',
    );
    const head = backend.requests[0]?.head ?? '';
    expect(head).not.toMatch(/x-mine|\r\nte:|proxy-authorization/i);
    expect(head).toContain('X-Kept: k');
    expect(reply).not.toMatch(/x-secret|timeout=99|proxy-authenticate/i);
    expect(reply).toContain('X-Kept: k');
  });

  it('passes status, reason and response fields as they are', async () => {
    await start(
      () =>
        'HTTP/1.1 299 Odd But \xc4llowed\r\nX-CasE: v\r\nSet-Cookie: a=1\r\nX-Other: o\r\nSet-Cookie: b=2; Path=/\r\nContent-Length: 2\r\n\r\nok',
    );
    const reply = await send('GET /');
    expect(reply).toMatch(/^HTTP\/1\.1 299 Odd But \xc4llowed\r\n/);
    expect(reply).toContain('\r\nX-CasE: v\r\nSet-Cookie: a=1\r\nX-Other: o\r\nSet-Cookie: b=2; Path=/\r\n');
    expect(reply.match(/\r\nDate: [^\r]+ GMT\r\n/g)).toHaveLength(1);
  });

  it('passes an empty reason', async () => {
    await start(() => 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok');
    expect(await send('GET /')).toMatch(/^HTTP\/1\.1 200 [^\r]*\r\n[^]*ok$/);
  });

  it('passes bodies of any bytes, both ways', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256)).toString('latin1');
    await start((request, connection) => {
      void waitUntil('the body', () => request.body().length >= bytes.length).then(() =>
        connection.write(answer(bytes)),
      );
    });
    const reply = await exchangeRaw(
      engine.port,
      `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes}`,
    );
    expect(backend.requests[0]?.body()).toBe(bytes);
    expect(backend.requests[0]?.field('content-length')).toBe(String(bytes.length));
    expect(reply.slice(reply.indexOf('\r\n\r\n') + 4)).toBe(bytes);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET', 'PROPFIND'])(
    'frames a chunked body of %s as chunked',
    async (method) => {
      await start((request, connection) => {
        void waitUntil('the last chunk', () => request.body().endsWith('0\r\n\r\n')).then(() =>
          connection.write(answer('ok')),
        );
      });
      await exchangeRaw(
        engine.port,
        `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      );
      expect(backend.requests[0]?.field('transfer-encoding')).toBe('chunked');
      expect(backend.requests[0]?.field('content-length')).toBeUndefined();
      expect(backend.requests[0]?.body()).toContain('abc');
    },
  );

  it.each(['GET', 'DELETE', 'OPTIONS', 'HEAD'])('adds no framing to a %s without a body', async (method) => {
    await start(() => 'HTTP/1.1 204 No Content\r\n\r\n');
    await send(`${method} /`);
    expect(backend.requests[0]?.head).not.toMatch(/content-length|transfer-encoding/i);
  });

  it('passes a DELETE with a body of known length', async () => {
    await start((request, connection) => {
      void waitUntil('the body', () => request.body() === 'xyz').then(() => connection.write(answer('ok')));
    });
    const reply = await exchangeRaw(
      engine.port,
      'DELETE /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nxyz',
    );
    expect(reply).toContain('200 OK');
    expect(backend.requests[0]?.field('content-length')).toBe('3');
  });

  it('passes a response without length in chunks, and its parts as they come', async () => {
    let more: () => void = () => undefined;
    await start((_request, connection) => {
      connection.write('HTTP/1.1 200 OK\r\n\r\nfirst');
      more = () => connection.socket.end('second');
    });
    const client = await connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('first');
    more();
    expect(await client.until('0\r\n\r\n')).toMatch(
      /transfer-encoding: chunked[^]*5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n$/i,
    );
  });

  it('passes the head of a response whose body is late', async () => {
    await start(() => 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5\r\n\r\n');
    const client = await connect();
    client.send('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until(/text\/event-stream\r\n[^]*\r\n\r\n/);
    backend.connections[0]?.write('event');
    await client.until(/event$/);
  });

  it('passes the head of a request whose body is late', async () => {
    await start(() => undefined);
    const client = await connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
    await backend.sees(1);
    client.send('abc');
    await waitUntil('the body', () => backend.requests[0]?.body() === 'abc');
    backend.connections[0]?.write(answer('ok'));
    await client.until(/ok$/);
  });

  it('passes trailers both ways', async () => {
    await start((request, connection) => {
      void waitUntil('the trailers', () => request.body().includes('X-Sum: 1\r\n\r\n')).then(() => {
        connection.write(
          'HTTP/1.1 200 OK\r\nTrailer: X-Back\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Back: 2\r\n\r\n',
        );
      });
    });
    const client = await connect();
    client.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n',
    );
    expect(await client.until('X-Back: 2\r\n\r\n')).toContain('\r\nTrailer: X-Back\r\n');
    expect(backend.requests[0]?.field('trailer')).toBe('X-Sum');
  });

  it('passes no trailer that would change the message after the fact', async () => {
    await start(
      () =>
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nAuthorization: x\r\nSet-Cookie: a=b\r\nX-Fine: 1\r\n\r\n',
    );
    const client = await connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.closed();
    expect(client.received()).not.toMatch(/authorization|set-cookie|\r\n0\r\n/i);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', /content-length: 1234/i],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', /304 Not Modified[^]*etag/i],
    ['GET', 'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n', /204 No Content/],
  ])('expects no body after %s %j', async (method, reply, pattern) => {
    await start(() => reply);
    const client = await connect();
    client.send(`${method} /1 HTTP/1.1\r\nHost: a\r\n\r\n${method} /2 HTTP/1.1\r\nHost: a\r\n\r\n`);
    await backend.sees(2);
    const received = await client.until(/HTTP\/1\.1[^]*HTTP\/1\.1[^]*\r\n\r\n/);
    expect(received).toMatch(pattern);
    expect(received).toMatch(/\r\n\r\n$/);
  });

  it('ends the connection of an HTTP/1.0 client with the answer, and sends no chunks', async () => {
    await start(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
    const reply = await exchangeRaw(engine.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(reply).toMatch(/\r\n\r\nhello$/);
    expect(reply).not.toMatch(/transfer-encoding/i);
  });

  it('keeps the connection of an HTTP/1.0 client that asks for it', async () => {
    await start(() => answer('hello'));
    const client = await connect();
    client.send('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    await client.until(/hello$/);
    client.send('GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    await client.until(/hello[^]*hello$/);
  });

  it('answers pipelined requests in their order', async () => {
    await start((request, connection) => {
      const reply = () => connection.write(answer(`body of ${request.target}`));
      if (request.target === '/1') setImmediate(reply);
      else reply();
    });
    const client = await connect();
    client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until(/body of \/1[^]*body of \/2$/);
  });

  it('lets the backend answer to Expect', async () => {
    await start((request, connection) => {
      connection.write('HTTP/1.1 100 Continue\r\n\r\n');
      void waitUntil('the body', () => request.body() === 'abc').then(() => connection.write(answer('done')));
    });
    const client = await connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    await client.until('HTTP/1.1 100 Continue\r\n\r\n');
    expect(backend.requests[0]?.field('expect')).toBe('100-continue');
    client.send('abc');
    await client.until(/done$/);
  });

  it('passes a refusal of the expectation and ends the connection', async () => {
    await start(() => 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    const client = await connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    expect(await client.until('413 Too Large')).toMatch(/^HTTP\/1\.1 413/);
    await client.closed();
  });

  it('passes an early answer although the body has not all been sent', async () => {
    await start(() => 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!');
    const client = await connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc');
    await client.until(/no!$/);
    await waitUntil(
      'the upstream connection to end',
      () => backend.connections[0]?.socket.destroyed || backend.connections[0]?.socket.readableEnded,
    );
  });

  it('passes interim responses, and not to HTTP/1.0', async () => {
    await start(() => `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n${answer('ok')}`);
    const client = await connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.until(/ok$/)).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>; rel=preload\r\n\r\nHTTP\/1\.1 200/,
    );
    expect(await exchangeRaw(engine.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200/);
  });

  it('refuses a flood of interim responses', async () => {
    await start(() => `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)}${answer('ok')}`);
    expect(await send('POST /', 'Content-Length: 0')).toContain('x-tidegate-error: upstream_malformed');
  });

  it('uses a connection to the backend again', async () => {
    await start(() => answer('ok'));
    for (let i = 0; i < 5; i += 1) await send('GET /');
    expect(backend.connections.length).toBe(1);
  });

  it('holds the backend back when the client does not read', async () => {
    const size = 64 * 1024 * 1024;
    await start((_request, connection) => {
      connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      connection.write(Buffer.alloc(size));
    });
    const client = await connect();
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await backend.sees(1);
    const { socket } = backend.connections[0]!;
    let last = -1;
    await waitUntil('the flow to stop', () => {
      const same = socket.writableLength === last && last !== -1;
      last = socket.writableLength;
      return same;
    });
    expect(socket.writableLength).toBeGreaterThan(size / 2);
    client.socket.resume();
    await waitUntil('all of it', () => client.received().length > size);
  });

  it('holds the client back when the backend does not read', async () => {
    await start(() => undefined);
    const client = await connect();
    const size = 64 * 1024 * 1024;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    await backend.sees(1);
    backend.connections[0]?.socket.pause();
    client.send(Buffer.alloc(size));
    let last = -1;
    await waitUntil('the flow to stop', () => {
      const same = client.socket.writableLength === last && last > 0;
      last = client.socket.writableLength;
      return same;
    });
    expect(client.socket.writableLength).toBeGreaterThan(size / 2);
  });
});
