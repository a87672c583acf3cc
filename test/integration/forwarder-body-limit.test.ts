/** `limits.body_size`: a body that is larger is answered with 413, by its length before a backend is asked, else while it comes. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectH2, type H2Client } from '../support/h2-client.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

const LIMIT = 1_000;
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

function chunk(bytes: number): string {
  return `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
}

describe('the limit of bodies in the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let client: RawClient | null = null;
  let h2: H2Client | null = null;

  async function start(script: BackendScript, bodyBytes?: number, tls = false): Promise<void> {
    backend = await startBackend(script);
    const limits = bodyBytes === undefined ? {} : { bodyBytes };
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', backend.port)])], { limits }),
      tls ? { certificate: testCertificate() } : {},
    );
    if (tls) h2 = await connectH2(engine.port);
    else client = await connectRaw(engine.port);
  }
  function raw(): RawClient {
    if (client === null) throw new Error('no client');
    return client;
  }
  function over2(): H2Client {
    if (h2 === null) throw new Error('no client');
    return h2;
  }
  /** Answers once the whole body has come. */
  const WHOLE: BackendScript = (request, connection) => {
    const isWhole = (): boolean => /x(?:\r\n0\r\n\r\n)?$/.test(request.body());
    void waitUntil('the body', () => connection.socket.destroyed || isWhole()).then(() => {
      if (isWhole()) connection.write(answer('taken'));
    });
  };
  function blamed(): number {
    return engine
      .outcomes()
      .reduce((sum, { failures }) => sum + Object.values(failures).reduce((a, b) => a + b, 0), 0);
  }
  afterEach(async () => {
    client?.close();
    h2?.close();
    client = null;
    h2 = null;
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it('answers 413 to a length beyond it, before a backend is asked and before the body comes', async () => {
    await start(() => answer('ok'), LIMIT);
    raw().send(`${POST}Expect: 100-continue\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`);
    expect(await raw().until(/larger than allowed/)).toMatch(
      /^HTTP\/1\.1 413 [^]*x-tidegate-error: body_too_large\r\n/i,
    );
    expect(await raw().closed()).toBe('end');
    expect(backend.connections).toHaveLength(0);
    expect(engine.counted('localReplies', 'default', 'body_too_large')).toBe(1);
  });

  it('reads no request behind a body that it refuses', async () => {
    await start(() => answer('ok'), LIMIT);
    raw().send(
      `${POST}Content-Length: ${LIMIT + 1}\r\n\r\n${'x'.repeat(LIMIT + 1)}${POST}Content-Length: 0\r\n\r\n`,
    );
    await raw().closed();
    expect(
      raw()
        .received()
        .match(/HTTP\/1\.1 /g),
    ).toHaveLength(1);
    expect(backend.connections).toHaveLength(0);
  });

  it.each([
    ['of a length', `${POST}Content-Length: ${LIMIT}\r\n\r\n${'x'.repeat(LIMIT)}`],
    ['in chunks', `${CHUNKED}${chunk(LIMIT - 1)}${chunk(1)}0\r\n\r\n`],
  ])('passes a body %s that just fits', async (_kind, request) => {
    await start(WHOLE, LIMIT);
    raw().send(request);
    await raw().until(/taken$/);
  });

  it('passes any body where there is none', async () => {
    await start(WHOLE);
    raw().send(`${CHUNKED}${chunk(300_000)}0\r\n\r\n`);
    await raw().until(/taken$/);
  });

  it('answers 413 to chunks that grow beyond it, gives up the attempt, and blames nobody', async () => {
    await start(WHOLE, LIMIT);
    raw().send(CHUNKED + chunk(600));
    await waitUntil(
      'the first chunk at the backend',
      () => backend.requests[0]?.body().includes('xxx') === true,
    );
    raw().send(chunk(600));
    expect(await raw().until(/larger than allowed/)).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/);
    await raw().closed();
    await waitUntil(
      'the end of the attempt',
      () => backend.connections[0]?.socket.readableEnded === true || backend.connections[0]?.socket.destroyed,
    );
    expect(backend.requests).toHaveLength(1);
    expect(backend.requests[0]?.body()).not.toMatch(/0\r\n\r\n$/);
    expect(blamed()).toBe(0);
    expect(engine.counted('localReplies', 'default', 'body_too_large')).toBe(1);
  });

  it('cuts an answer that has begun, where the body grows beyond it', async () => {
    await start(
      (_request, connection) =>
        connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
      LIMIT,
    );
    raw().send(CHUNKED + chunk(600));
    await raw().until('hello');
    raw().send(chunk(600));
    await raw().closed();
    expect(raw().received()).not.toMatch(/0\r\n\r\n$/);
    expect(raw().received()).not.toContain('413');
    expect(blamed()).toBe(0);
  });

  it('follows the settings in force', async () => {
    await start(WHOLE);
    engine.apply({
      ...snapshotOf([poolOf([backendAt('a', backend.port)])], { limits: { bodyBytes: 5 } }),
      version: 2,
    });
    raw().send(`${POST}Content-Length: 6\r\n\r\n`);
    await raw().until(/^HTTP\/1\.1 413 /);
  });

  describe('over HTTP/2', () => {
    it('answers 413 to a length beyond it, before a backend is asked, and the connection goes on', async () => {
      await start(() => answer('ok'), LIMIT, true);
      const got = over2().open({ ':method': 'POST', 'content-length': String(LIMIT + 1) });
      expect(await got.head()).toBe(413);
      expect(got.fields()['x-tidegate-error']).toBe('body_too_large');
      expect(backend.connections).toHaveLength(0);
      expect(await over2().request().whole()).toBe('ok');
    });

    it('answers 413 to a body without length that grows beyond it, and the connection goes on', async () => {
      await start((request) => (request.method === 'GET' ? answer('ok') : undefined), LIMIT, true);
      const got = over2().open({ ':method': 'POST' });
      got.stream.write('x'.repeat(600));
      await waitUntil(
        'the first part at the backend',
        () => backend.requests[0]?.body().includes('xxx') === true,
      );
      got.stream.write('x'.repeat(600));
      expect(await got.head()).toBe(413);
      expect(await over2().request().whole()).toBe('ok');
      expect(blamed()).toBe(0);
    });

    it('passes a body that just fits', async () => {
      await start(WHOLE, LIMIT, true);
      expect(await over2().request({ ':method': 'POST' }, 'x'.repeat(LIMIT)).whole()).toBe('taken');
    });
  });
});
