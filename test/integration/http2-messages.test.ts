/** What HTTP/2 clients send and what backends get of it in HTTP/1.1, and the way back. */
import type { ClientHttp2Stream } from 'node:http2';
import { type BackendScript, type BackendServer, answer, startBackend } from '../support/backend-server.js';
import { type EngineOptions, type EngineUnderTest, startNative } from '../support/engine-under-test.js';
import { type H2Client, connectH2 } from '../support/h2-client.js';
import { FLAG, FRAME, FrameClient, data, frame, headers, request } from '../support/h2-frames.js';
import {
  type ForwardingChanges,
  backendAt,
  forwardingSettings,
  poolOf,
  snapshotOf,
} from '../support/snapshot-of.js';
import { connectTls } from '../support/raw-client.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

describe('HTTP/2 clients of the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: H2Client[] = [];

  async function start(
    script: BackendScript,
    changes: ForwardingChanges = {},
    options: EngineOptions = {},
  ): Promise<H2Client> {
    backend = await startBackend(script);
    const snapshot = {
      ...snapshotOf([poolOf([backendAt('a', backend.port)])]),
      forwarding: forwardingSettings(changes),
    };
    engine = await startNative(snapshot, { certificate: testCertificate(), ...options });
    const client = await connectH2(engine.port);
    clients.push(client);
    return client;
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await engine.close();
    await backend.close();
    expect(engine.complaints).toEqual([]);
    await waitUntil('nothing left', () => engine.forwarder.connections() === 0);
  });

  it('get an answer, and their request goes to the backend in HTTP/1.1 without pseudo fields', async () => {
    const client = await start(() => answer('hi', 'X-Kind: plain'));
    const got = client.request({ ':path': '/x?y', 'x-test': 'é' });
    expect(await got.whole()).toBe('hi');
    expect(got.fields()).toMatchObject({ ':status': 200, 'content-length': '2', 'x-kind': 'plain' });
    const { head } = backend.requests[0]!;
    expect(head).toMatch(/^GET \/x\?y HTTP\/1\.1\r\nHost: a\.test\r\n/);
    expect(head).not.toMatch(/\r\n:/);
    expect(backend.requests[0]?.field('x-test')).toBe('é');
    expect(head.match(/\r\nhost:/gi)).toHaveLength(1);
  });

  it('are told to the backend with address, https and host', async () => {
    const client = await start(() => answer('ok'));
    await client.request({ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'http' }).whole();
    expect(backend.requests[0]?.field('x-forwarded-for')).toBe('127.0.0.1');
    expect(backend.requests[0]?.field('x-forwarded-proto')).toBe('https');
    expect(backend.requests[0]?.field('x-forwarded-host')).toBe('a.test');
  });

  it('may send cookies in crumbs, which the backend gets as one', async () => {
    const client = await start(() => answer('ok'));
    await client.request({ cookie: ['a=1', 'b=2', 'c=3'] }).whole();
    expect(backend.requests[0]?.head).toMatch(/\r\ncookie: a=1; b=2; c=3\r\n/i);
  });

  it('stay on their backend by a __Host- cookie', async () => {
    const client = await start(() => answer('one'));
    const second = await startBackend(() => answer('two'));
    engine.apply({
      ...snapshotOf([
        poolOf([backendAt('a', backend.port), backendAt('b', second.port)], {
          sticky: { type: 'cookie', cookieName: 'sid', idleTimeoutMs: 60_000, absoluteTimeoutMs: 60_000 },
        }),
      ]),
      version: 2,
    });
    const first = client.request();
    const body = await first.whole();
    const cookie = String(first.fields()['set-cookie']?.[0]);
    expect(cookie).toMatch(/^__Host-sid=.*; Secure/);
    for (let i = 0; i < 6; i += 1) {
      const again = client.request({ cookie: ['x=y', String(cookie.split(';')[0])] });
      expect(await again.whole()).toBe(body);
    }
    const both = [...backend.requests, ...second.requests];
    expect(both.filter(({ head }) => head.includes('__Host-sid'))).toEqual([]);
    await second.close();
  });

  it('may send a body of known length', async () => {
    const client = await start((request, connection) => {
      void waitUntil('the body', () => request.body() === 'hello').then(() => connection.write(answer('ok')));
    });
    expect(await client.request({ ':method': 'POST', 'content-length': '5' }, 'hello').whole()).toBe('ok');
    expect(backend.requests[0]?.field('content-length')).toBe('5');
    expect(backend.requests[0]?.field('transfer-encoding')).toBeUndefined();
  });

  it('may send a body of unknown length, with trailers', async () => {
    const client = await start((request, connection) => {
      void waitUntil('the body', () => request.body().endsWith('\r\n\r\n')).then(() =>
        connection.write(answer('ok')),
      );
    });
    const withTrailers = client.session.request(
      { ':authority': 'a.test', ':method': 'PUT', ':path': '/t' },
      { waitForTrailers: true },
    );
    withTrailers.on('wantTrailers', () => withTrailers.sendTrailers({ 'x-sum': '42' }));
    withTrailers.resume();
    withTrailers.end('abc');
    await waitUntil('the answer', () => withTrailers.closed);
    const sent = backend.requests.find(({ target }) => target === '/t');
    expect(sent?.field('transfer-encoding')).toBe('chunked');
    expect(sent?.body()).toBe('3\r\nabc\r\n0\r\nx-sum: 42\r\n\r\n');
  });

  it.each<[string, Record<string, string>, string | null, Record<string, string>]>([
    ['without a body', { trailer: 'x' }, null, {}],
    ['with a body that has a length', { ':method': 'POST', trailer: 'x', 'content-length': '2' }, 'hi', {}],
    ['with a body of length 0', { ':method': 'POST', trailer: 'x', 'content-length': '0' }, '', {}],
    ['with a body in chunks', { ':method': 'POST', trailer: 'x' }, 'hi', { trailer: 'x' }],
  ])('may announce trailers %s: none of it is blamed on the backend', async (_name, sent, body, seen) => {
    const client = await start((request, connection) => {
      void waitUntil('the body', () => request.body().includes(body ?? '')).then(() =>
        connection.write(answer('ok')),
      );
    });
    const got = client.request(sent, body);
    expect(await got.whole()).toBe('ok');
    expect(got.status()).toBe(200);
    expect(backend.requests[0]?.field('trailer')).toBe(seen['trailer']);
    expect(engine.outcomes().flatMap(({ failures }) => Object.keys(failures))).toEqual([]);
  });

  const POST = { ':method': 'POST' };
  it.each<[string, (stream: ClientHttp2Stream) => void, Record<string, string>, string]>([
    ['an empty DATA at once', (stream) => stream.end(''), POST, '0\r\n\r\n'],
    ['an empty DATA with a length of 0', (stream) => stream.end(''), { ...POST, 'content-length': '0' }, ''],
    ['trailers alone', (stream) => stream.end(), POST, '0\r\nx-sum: 7\r\n\r\n'],
    ['an empty DATA later', (stream) => void backend.sees(1).then(() => stream.end('')), POST, '0\r\n\r\n'],
  ])('may end an empty body with %s: it is forwarded at once', async (name, end, sent, received) => {
    const client = await start((request, connection) => {
      void waitUntil('the body', () => request.body() === received).then(() =>
        connection.write(answer('ok')),
      );
    });
    const waitForTrailers = name === 'trailers alone';
    const stream = client.session.request(
      { ':authority': 'a.test', ':path': '/', ...sent },
      { endStream: false, waitForTrailers },
    );
    let status: number | undefined;
    stream.on('response', (fields) => (status = fields[':status']));
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
    stream.resume();
    end(stream);
    await waitUntil('the answer', () => stream.closed);
    expect(status).toBe(200);
  });

  it.each([
    ['without a frame', headers(1, request({ ':method': 'POST' }, ['content-length', '0'])), ''],
    [
      'with a DATA that is padding alone',
      Buffer.concat([
        headers(1, request({ ':method': 'POST' }), FLAG.endHeaders),
        frame(FRAME.data, FLAG.endStream | 8, 1, [4, 0, 0, 0, 0]),
      ]),
      '0\r\n\r\n',
    ],
    [
      'with several empty DATA',
      Buffer.concat([
        headers(1, request({ ':method': 'POST' }), FLAG.endHeaders),
        data(1, ''),
        data(1, ''),
        data(1, '', true),
      ]),
      '0\r\n\r\n',
    ],
  ])('may end an empty body %s', async (_name, frames, received) => {
    await start((asked, connection) => {
      void waitUntil('the body', () => asked.body() === received).then(() => connection.write(answer('ok')));
    });
    const client = await FrameClient.open(engine.port);
    client.send(frames);
    await client.answered(1);
    await waitUntil('the body', () =>
      client.frames.some(({ type, payload }) => type === FRAME.data && String(payload) === 'ok'),
    );
    client.close();
  });

  it('are refused with trailers that would change what was read', async () => {
    const client = await start(() => undefined);
    const stream = client.session.request(
      { ':authority': 'a.test', ':method': 'PUT', ':path': '/t' },
      { waitForTrailers: true },
    );
    let status: number | undefined;
    stream.on('response', (fields) => (status = fields[':status']));
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42', cookie: 'no=1' }));
    stream.resume();
    stream.end('abc');
    await waitUntil('the answer', () => stream.closed);
    expect(status).toBe(400);
    expect(backend.requests[0]?.body()).not.toMatch(/0\r\n/);
  });

  it('get bodies of a megabyte whole, both ways', async () => {
    const big = 'x'.repeat(1024 * 1024);
    const client = await start((request, connection) => {
      void waitUntil('the body', () => request.body().length === big.length).then(() =>
        connection.write(answer(big)),
      );
    });
    const got = client.request({ ':method': 'POST', 'content-length': String(big.length) }, big);
    expect((await got.whole()).length).toBe(big.length);
    expect(engine.counted('receivedBytes', 'default')).toBe(big.length);
  });

  it('get interim responses, and trailers of the answer', async () => {
    const client = await start(
      () =>
        'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: x\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n',
    );
    const got = client.request();
    expect(await got.whole()).toBe('ok');
    expect(got.interim).toMatchObject([{ ':status': 103, link: '</a.css>; rel=preload' }]);
    expect(got.trailers()).toMatchObject({ 'x-sum': '7' });
    expect(got.fields()).not.toHaveProperty('transfer-encoding');
  });

  it('get 100 Continue from the backend before they send the body', async () => {
    const client = await start((request, connection) => {
      connection.write('HTTP/1.1 100 Continue\r\n\r\n');
      void waitUntil('the body', () => request.body() === 'abc').then(() => connection.write(answer('ok')));
    });
    const got = client.open({ ':method': 'POST', expect: '100-continue', 'content-length': '3' });
    got.stream.on('continue', () => got.stream.end('abc'));
    expect(await got.whole()).toBe('ok');
    expect(backend.requests[0]?.field('expect')).toBe('100-continue');
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n', 200, '7'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204, undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', 304, undefined],
  ])('get answers without a body: %s %j', async (method, reply, status, length) => {
    const client = await start(() => reply);
    const got = client.request({ ':method': method });
    expect(await got.whole()).toBe('');
    expect(got.status()).toBe(status);
    expect(got.fields()['content-length']).toBe(length);
    expect(await client.request({ ':method': method }).whole()).toBe('');
    expect(backend.connections).toHaveLength(1);
  });

  it('do not get fields of the backend connection', async () => {
    const client = await start(() =>
      answer(
        'ok',
        'Connection: x-gone',
        'X-Gone: 1',
        'Keep-Alive: timeout=5',
        'Upgrade: h2c',
        'Set-Cookie: a=1',
        'Set-Cookie: b=2',
      ),
    );
    const got = client.request();
    await got.whole();
    for (const name of ['connection', 'x-gone', 'keep-alive', 'upgrade']) {
      expect(got.fields()).not.toHaveProperty(name);
    }
    expect(got.fields()['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('get an answer to 426 without Upgrade, which HTTP/2 has not, and with the Date that the backend left out', async () => {
    const client = await start(
      () => 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.3\r\nContent-Length: 002\r\n\r\nno',
    );
    const got = client.request();
    expect(await got.whole()).toBe('no');
    expect(got.fields()).toMatchObject({ ':status': 426, 'content-length': '2' });
    expect(got.fields()).not.toHaveProperty('upgrade');
    expect(got.fields()['date']).toMatch(/ GMT$/);
  });

  it('are answered many at once, each with its own', async () => {
    const client = await start((request, connection) => {
      // The last one first: answers are not in the order of requests.
      void backend.sees(40).then(() => connection.write(answer(request.target)));
    });
    const got = Array.from({ length: 40 }, (_, i) => client.request({ ':path': `/${i}` }));
    for (const [i, each] of got.entries()) expect(await each.whole()).toBe(`/${i}`);
    expect(engine.forwarder.connections()).toBe(1);
  });

  it('see another backend tried when the first one fails', async () => {
    const client = await start((_request, connection) => void connection.socket.destroy());
    const second = await startBackend(() => answer('two'));
    const pool = poolOf([backendAt('a', backend.port), backendAt('b', second.port)]);
    engine.apply({ ...snapshotOf([pool]), version: 2 });
    for (let i = 0; i < 2; i += 1) expect(await client.request().whole()).toBe('two');
    expect(backend.requests.length).toBeGreaterThan(0);
    expect(engine.counted('retries', 'default', 'reset')).toBe(backend.requests.length);
    await second.close();
  });

  it.each([
    ['without a route, on a connection for another', 'b.test', 'a.test', 421],
    ['without a route, on a connection for it', 'b.test', 'b.test', 404],
    ['without a route, on a connection for no name', 'b.test', '', 404],
    ['with a route, on a connection for another', 'a.test', 'b.test', 200],
    ['with a route, on a connection for no name', 'a.test:8443', '', 200],
  ])('ask for a host %s: %s on %j is answered with %i', async (_case, authority, servername, status) => {
    await start(() => answer('ok'));
    const pool = poolOf([backendAt('a', backend.port)]);
    const routes = [{ host: 'a.test', pathPrefix: '/', pool: pool.id }];
    engine.apply({ ...snapshotOf([pool]), routes, version: 2 });
    const client = await connectH2(engine.port, { servername });
    clients.push(client);
    const got = client.request({ ':authority': authority });
    expect(await got.head()).toBe(status);
    if (status === 421) expect(got.fields()['x-tidegate-error']).toBe('misdirected');
    // The connection serves what is its own.
    expect(await client.request({ ':authority': 'a.test' }).head()).toBe(200);
  });

  it('are counted and logged like any', async () => {
    const client = await start(() => answer('hello'), { accessLogRatio: 1 }, { accessLog: true });
    await client.request({ ':path': '/x' }).whole();
    await waitUntil('the record', () => engine.accessLog.length === 1);
    expect(engine.accessLog[0]).toMatchObject({
      client: '127.0.0.1',
      method: 'GET',
      version: '2',
      host: 'a.test',
      target: '/x',
      status: 200,
      sentBytes: 5,
      attempts: [{ backend: 'a', result: 200 }],
    });
    expect(engine.counted('requests', 'default', 'GET', '200')).toBe(1);
    expect(engine.counted('requestsByVersion', '2')).toBe(1);
    expect(engine.outcomes()[0]?.successes).toBe(1);
    expect(engine.counted('connectionsAccepted')).toBe(1);
  });

  it('get the metrics page', async () => {
    const client = await start(
      () => answer('ok'),
      {},
      {
        metricsPage: () => Promise.resolve({ contentType: 'text/plain', body: 'm 1\n' }),
      },
    );
    expect(await client.request({ ':path': '/metrics' }).whole()).toBe('m 1\n');
    expect(backend.requests).toHaveLength(0);
  });

  it.each(['VERSION-CONTROL', 'BITS_POST', 'get'])('may use the method %s', async (method) => {
    const client = await start(() => answer('ok'));
    expect(await client.request({ ':method': method }).whole()).toBe('ok');
    expect(backend.requests[0]?.method).toBe(method);
  });

  describe('are refused', () => {
    it.each([
      ['an authority unlike Host', { host: 'b.test' }, 400, 'bad_request'],
      ['another scheme', { ':scheme': 'http' }, 400, 'bad_request'],
      ['an authority that is no host', { ':authority': 'a.test,b.test' }, 400, 'bad_request'],
      ['a fragment', { ':path': '/a#/../b' }, 400, 'bad_request'],
      ['HEAD but for its case', { ':method': 'head' }, 501, 'not_implemented'],
      ['an expectation that nobody knows', { expect: 'x' }, 417, 'expectation_failed'],
      ['a long target', { ':path': `/${'x'.repeat(9_000)}` }, 414, 'target_too_long'],
      ['a large head', { a: 'x'.repeat(17_000) }, 431, 'head_too_large'],
      [
        'many fields',
        Object.fromEntries(Array.from({ length: 110 }, (_, i) => [`f${i}`, 'x'])),
        431,
        'head_too_large',
      ],
      ['many cookie crumbs', { cookie: Array.from({ length: 110 }, () => 'a=1') }, 431, 'head_too_large'],
    ])('%s', async (_name, fields, status, code) => {
      const client = await start(() => answer('ok'));
      const got = client.request(fields);
      expect(await got.head()).toBe(status);
      expect(await got.whole()).toContain(code);
      expect(got.fields()['x-tidegate-error']).toBe(code);
      expect(backend.requests).toHaveLength(0);
      expect(engine.counted('localReplies', '-', code)).toBe(1);
      // The connection serves on.
      expect(await client.request().whole()).toBe('ok');
    });

    it('CONNECT, and is offered no WebSocket over HTTP/2', async () => {
      const client = await start(() => answer('ok'));
      const got = client.request({ ':method': 'CONNECT' });
      expect(await got.head()).toBe(405);
      expect(got.fields()['x-tidegate-error']).toBe('method_not_allowed');
      expect(client.session.remoteSettings.enableConnectProtocol).toBe(false);
      expect(client.session.remoteSettings).toMatchObject({
        maxConcurrentStreams: 100,
        initialWindowSize: 65_536,
      });
    });

    it('without a backend', async () => {
      const client = await start(() => answer('ok'));
      engine.apply({ ...snapshotOf([poolOf([])]), version: 2 });
      const got = client.request();
      expect(await got.head()).toBe(503);
      expect(got.fields()).toMatchObject({ 'x-tidegate-error': 'no_backend', 'retry-after': '1' });
    });
  });

  it('are not offered HTTP/2 when it is switched off', async () => {
    await start(() => answer('ok'));
    const off = await startNative(snapshotOf([poolOf([])]), { certificate: testCertificate(), h2: false });
    const ask = async (port: number): Promise<string | false | null> => {
      const client = await connectTls(port, { ALPNProtocols: ['h2', 'http/1.1'] });
      client.close();
      return client.socket.alpnProtocol;
    };
    expect(await ask(engine.port)).toBe('h2');
    expect(await ask(off.port)).toBe('http/1.1');
    await off.close();
  });
});
