/** What an engine answers by itself: requests that are not plainly valid, limits, routes, the metrics page. */
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { poolId } from '../../shared/ids.js';
import { waitUntil } from '../support/wait-until.js';

describe('local replies of the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;

  async function start(forwarding: ForwardingChanges = {}, options: EngineOptions = {}): Promise<void> {
    backend = await startBackend(() => answer('ok'));
    engine = await startNative(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding), options);
  }
  afterEach(async () => {
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it.each([
    ['no request', 'hello\r\n\r\n'],
    ['a bad version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    [
      'the same length twice',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
    ],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an empty length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: a\r\nX:\rTransfer-Encoding: chunked\r\n\r\n'],
    ['an empty name', 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n'],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n'],
    ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an asterisk without OPTIONS', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['another scheme', 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a target without a slash', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('refuses %s and closes', async (_name, bytes) => {
    await start();
    const reply = await exchangeRaw(engine.port, bytes);
    expect(reply).toMatch(/^HTTP\/1\.1 (?:400 Bad Request|505 [^\r]*)\r\n/);
    expect(reply).toMatch(/\r\nx-tidegate-error: (?:bad_request|unsupported_version)\r\n/);
    expect(reply).toMatch(/\r\nconnection: close\r\n/i);
    expect(backend.requests).toEqual([]);
  });

  it('tells a client of plain HTTP that the port speaks TLS', async () => {
    await start({}, { certificate: testCertificate() });
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) {
      const reply = await exchangeRaw(engine.port, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(reply).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*x-tidegate-error: bad_request[^]*speaks TLS/);
    }
    expect(await exchangeRaw(engine.port, 'SSH-2.0-OpenSSH_9.2\r\n')).not.toContain('HTTP');
    expect(engine.counted('connectionsRefused', 'tls')).toBe(5);
  });

  it.each([
    ['another coding', 'gzip, chunked'],
    ['an unknown coding', 'xchunked, chunked'],
  ])('answers 501 to %s', async (_name, coding) => {
    await start();
    const reply = await exchangeRaw(
      engine.port,
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
    );
    expect(reply).toContain('x-tidegate-error: not_implemented');
    expect(backend.requests).toEqual([]);
  });

  it('does not take the bytes after a refused request for another one', async () => {
    await start();
    const reply = await exchangeRaw(
      engine.port,
      'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    expect(reply.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(backend.requests).toEqual([]);
  });

  it('does not serve CONNECT', async () => {
    await start();
    const reply = await exchangeRaw(engine.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    expect(reply).toMatch(/^HTTP\/1\.1 405 [^]*x-tidegate-error: method_not_allowed/);
    expect(engine.counted('localReplies', '-', 'method_not_allowed')).toBe(1);
  });

  it('knows one expectation', async () => {
    await start();
    const reply = await exchangeRaw(
      engine.port,
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\nContent-Length: 1\r\n\r\nx',
    );
    expect(reply).toMatch(/^HTTP\/1\.1 417 [^]*x-tidegate-error: expectation_failed/);
  });

  it('refuses a head that is too large', async () => {
    await start({ limits: { headBytes: 2_000 } });
    const reply = await exchangeRaw(
      engine.port,
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(4_000)}\r\n\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 431 [^]*x-tidegate-error: head_too_large/);
  });

  it('refuses more fields than allowed rather than dropping some', async () => {
    await start({ limits: { headerCount: 10 } });
    const fields = (count: number): string => 'X: y\r\n'.repeat(count);
    const over = await exchangeRaw(engine.port, `GET / HTTP/1.1\r\nHost: a\r\n${fields(10)}\r\n`);
    expect(over).toMatch(/^HTTP\/1\.1 431 [^]*x-tidegate-error: head_too_large/);
    expect(
      await exchangeRaw(engine.port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields(8)}\r\n`),
    ).toContain('200 OK');
  });

  it('refuses a target that is too long', async () => {
    await start({ limits: { targetBytes: 100 } });
    const reply = await exchangeRaw(engine.port, `GET /${'x'.repeat(100)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 414 [^]*x-tidegate-error: target_too_long/);
  });

  it('ends a connection that does not finish its head in time', async () => {
    await start({ timeouts: { requestHeadMs: 100 } });
    const client = await connectRaw(engine.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nX: ');
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 408 [^]*x-tidegate-error: request_timeout/);
    await client.closed();
    client.close();
  });

  it.each([
    ['whose body stops', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'],
    [
      'that waits for ever to be told to continue',
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n',
    ],
  ])('ends a request %s, and blames no backend', async (_title, request) => {
    await start({ timeouts: { requestBodyIdleMs: 100 } });
    const silent = await startBackend(() => undefined);
    engine.apply({
      ...snapshotOf([poolOf([backendAt('a', silent.port)])], { timeouts: { requestBodyIdleMs: 100 } }),
      version: 2,
    });
    const client = await connectRaw(engine.port);
    client.send(request);
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 408 [^]*x-tidegate-error: request_timeout/);
    await client.closed();
    client.close();
    expect(engine.outcomes()).toEqual([]);
    await silent.close();
  });

  it('ends a request whose chunks go wrong, and the attempt with it', async () => {
    await start();
    const silent = await startBackend(() => undefined);
    engine.apply({ ...snapshotOf([poolOf([backendAt('a', silent.port)])]), version: 2 });
    const client = await connectRaw(engine.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await silent.sees(1);
    client.send('ZZ\r\n');
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 400 [^]*x-tidegate-error: bad_request/);
    await client.closed();
    client.close();
    await waitUntil('the attempt to end', () => silent.connections[0]?.socket.destroyed);
    expect(silent.connections[0]?.received()).not.toContain('ZZ');
    expect(engine.outcomes()).toEqual([]);
    await silent.close();
  });

  it('answers 404 where no route leads', async () => {
    await start();
    engine.apply({
      ...snapshotOf([poolOf([backendAt('a', backend.port)])]),
      version: 2,
      routes: [{ host: 'only.test', pathPrefix: '/', pool: poolId('default') }],
    });
    const reply = await exchangeRaw(
      engine.port,
      'GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n',
    );
    expect(reply).toMatch(/^HTTP\/1\.1 404 [^]*x-tidegate-error: no_route/);
    expect(
      await exchangeRaw(engine.port, 'GET / HTTP/1.1\r\nHost: Only.Test:80\r\nConnection: close\r\n\r\n'),
    ).toContain('200 OK');
    expect(engine.counted('requests', '-', 'GET', '404')).toBe(1);
  });

  it('answers 503 at once when no backend is available, keeps the connection, and serves when one is', async () => {
    await start();
    engine.apply({
      ...snapshotOf([poolOf([backendAt('a', backend.port, { availability: 'unhealthy' })])]),
      version: 2,
    });
    const client = await connectRaw(engine.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc');
    const reply = await client.until(/\r\n\r\n503[^]*\n$/);
    expect(reply).toMatch(/^HTTP\/1\.1 503 [^]*x-tidegate-error: no_backend[^]*retry-after: 1/i);
    engine.apply({ ...snapshotOf([poolOf([backendAt('a', backend.port)])]), version: 3 });
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until(/200 OK[^]*ok$/);
    client.close();
    await waitUntil('the count', () => engine.counted('localReplies', 'default', 'no_backend') === 1);
  });

  it('gives a HEAD the head of a local reply alone', async () => {
    await start();
    engine.apply({ ...snapshotOf([poolOf([])]), version: 2 });
    const reply = await exchangeRaw(engine.port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(reply).toMatch(/503 [^]*\r\n\r\n$/);
  });

  it('answers the metrics page with what the primary says', async () => {
    const page = { contentType: 'text/plain; version=0.0.4', body: 'tidegate_up 1\n' };
    await start({}, { metricsPage: () => Promise.resolve(page) });
    const reply = await exchangeRaw(
      engine.port,
      'GET /metrics?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(reply).toMatch(/200 OK[^]*text\/plain; version=0\.0\.4[^]*\r\n\r\ntidegate_up 1\n$/);
    expect(
      await exchangeRaw(engine.port, 'HEAD /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    ).toMatch(/\r\n\r\n$/);
    expect(
      await exchangeRaw(
        engine.port,
        'POST /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      ),
    ).toContain('405');
    expect(backend.requests).toEqual([]);
  });

  it('says 503 on the metrics page when the primary does not answer', async () => {
    await start();
    expect(
      await exchangeRaw(engine.port, 'GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 503/);
  });

  it('forwards the metrics path when there is no metrics page', async () => {
    await start({ metricsPath: null });
    expect(
      await exchangeRaw(engine.port, 'GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    ).toMatch(/ok$/);
  });
});
