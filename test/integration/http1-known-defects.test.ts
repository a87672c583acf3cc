/**
 * Defects that other proxies had, which one exchange with one backend cannot show (those are strictness cases): several
 * routes, several connections, TLS. Judged by what client and backend see. `test/known-defects.md` names all of them.
 */
import type * as tls from 'node:tls';
import { poolId } from '../../shared/ids.js';
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import {
  connectRaw,
  connectTls,
  exchangeRaw,
  openTcp,
  openTls,
  type RawClient,
} from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const CLOSE = 'Connection: close\r\n';

/** The first message of a TLS client (RFC 8446 §4.1.2) with these bytes for a server name. */
function clientHello(name: Buffer): Buffer {
  const list = sized(2, sized(2, Buffer.from([0]), sized(2, name)));
  const hello = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    sized(1),
    sized(2, Buffer.from([0x13, 0x01, 0xc0, 0x2f])),
    sized(1, Buffer.from([0])),
    sized(2, Buffer.from([0, 0]), list),
  ]);
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(2, Buffer.from([1]), sized(3, hello))]);
}

/** Bytes behind their length in so many bytes. */
function sized(lengthBytes: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

describe('known defects of proxies, under the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: RawClient[] = [];

  async function start(
    script: BackendScript,
    forwarding: ForwardingChanges = {},
    options: EngineOptions = {},
  ): Promise<void> {
    backend = await startBackend(script);
    engine = await startNative(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding), options);
  }
  async function connect(): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    return client;
  }
  /** The answer to a request over TLS, or what the handshake failed with. */
  async function askOverTls(options: tls.ConnectionOptions): Promise<string> {
    const client = await connectTls(engine.port, options);
    client.send(get('/', CLOSE));
    const end = await client.closed();
    return client.received() === '' ? end : client.received();
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await engine.close();
    await backend.close();
    expect(engine.complaints).toEqual([]);
  });

  describe('answering without the body (CVE-2025-4366)', () => {
    const withBody = (target: string, framing: string, body: string): string =>
      `POST ${target} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${body}`;

    it.each([
      ['whole, of a length', `Content-Length: ${SMUGGLED.length}`, SMUGGLED],
      ['not whole, of a length', `Content-Length: ${SMUGGLED.length + 1}`, SMUGGLED],
      [
        'whole, in chunks',
        'Transfer-Encoding: chunked',
        `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
      ],
    ])('takes no body that is %s for a request, at 404 and 503', async (_how, framing, body) => {
      await start(() => answer('ok'));
      const empty = poolOf([], { id: poolId('empty') });
      engine.apply({
        ...snapshotOf([poolOf([backendAt('a', backend.port)]), empty]),
        version: 2,
        routes: [
          { host: null, pathPrefix: '/smuggled', pool: poolId('default') },
          { host: null, pathPrefix: '/empty', pool: poolId('empty') },
        ],
      });
      for (const [target, status] of [
        ['/empty', '503'],
        ['/nowhere', '404'],
      ] as const) {
        const client = await connect();
        client.send(withBody(target, framing, body));
        await client.until(`HTTP/1.1 ${status}`);
        client.socket.end();
        await client.closed();
        expect(client.received().match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
      }
      expect(backend.requests).toEqual([]);
    });
  });

  it('leaves no connection half used by a refused expectation (CVE-2024-24791)', async () => {
    await start(({ target }) =>
      target === '/expects' ? 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n' : answer('clean'),
    );
    for (let i = 0; i < 5; i += 1) {
      const reply = await exchangeRaw(
        engine.port,
        `POST /expects HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
      );
      expect(reply).toMatch(/^HTTP\/1\.1 403 /);
      expect(await exchangeRaw(engine.port, get('/', CLOSE))).toMatch(/clean$/);
    }
    // Whatever else a connection carried: that request was its last one.
    for (const each of backend.connections) {
      expect(each.received()).not.toMatch(/ \/expects [^]*HTTP\/1\.1\r\n[^]*HTTP\/1\.1\r\n/);
    }
  });

  it('takes nothing from an https backend before the handshake (CVE-2026-1642)', async () => {
    await start(() => answer('ok'));
    const plain = await startBackend(() => undefined, {
      onConnection: ({ socket }) => socket.end(answer('not from the backend')),
    });
    const { port } = plain;
    const address = { protocol: 'https', host: '127.0.0.1', port } as const;
    engine.apply({ ...snapshotOf([poolOf([backendAt('s', port, { address })])]), version: 2 });
    const reply = await exchangeRaw(engine.port, get('/', CLOSE));
    expect(reply).toMatch(/^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_connect/);
    expect(reply).not.toContain('not from the backend');
    await plain.close();
  });

  it('never mixes backends that differ in protocol alone (GHSA-v574-6498-x57v)', async () => {
    await start(() => answer('plain'));
    expect(await exchangeRaw(engine.port, get('/', CLOSE))).toMatch(/plain$/);
    const address = { protocol: 'https', host: '127.0.0.1', port: backend.port } as const;
    engine.apply({
      ...snapshotOf([poolOf([backendAt('s', backend.port, { address })])], { timeouts: { connectMs: 200 } }),
      version: 2,
    });
    // The idle connection in the clear is there, but it is another backend's.
    expect(await exchangeRaw(engine.port, get('/', CLOSE))).toMatch(/^HTTP\/1\.1 50[24] /);
    expect(backend.requests).toHaveLength(1);
  });

  it.each([
    '/public/../admin',
    '/public/%2e%2e/admin',
    '/public/.%2E/admin',
    '/public/..%2fadmin',
    '/public/..%5Cadmin',
    '/public/x/%2E%2E/%2E%2E/admin',
    '/public/..;/admin',
    '/public/..\\admin',
    '//admin',
    '/./admin',
    '/%61dmin',
  ])('lets %s out of no prefix (CVE-2021-29492, GHSA-2q7r-29rg-6m5h)', async (target) => {
    const admin = await startBackend(() => answer('admin'));
    await start(() => answer('public'));
    engine.apply({
      ...snapshotOf([
        poolOf([backendAt('a', backend.port)]),
        poolOf([backendAt('b', admin.port)], { id: poolId('admin') }),
      ]),
      version: 2,
      routes: [
        { host: null, pathPrefix: '/admin', pool: poolId('admin') },
        { host: null, pathPrefix: '/', pool: poolId('default') },
      ],
    });
    expect(await exchangeRaw(engine.port, get(target, CLOSE))).toMatch(/^HTTP\/1\.1 400 /);
    expect([...backend.requests, ...admin.requests]).toEqual([]);
    await admin.close();
  });

  it('forwards a path as it was routed, %00 and all (CVE-2021-29492)', async () => {
    await start(() => answer('ok'));
    await exchangeRaw(engine.port, get('/a%00b/%2F..%5c?x=%00', CLOSE));
    expect(backend.requests.map(({ target }) => target)).toEqual(['/a%00b/%2F..%5c?x=%00']);
  });

  it('makes no metric of what clients say (CVE-2025-43915, CVE-2026-21717)', async () => {
    await start(() => answer('ok'));
    const client = await connect();
    const ask = async (number: number, request: string): Promise<void> => {
      client.send(request);
      await waitUntil('the answer', () => client.received().split('HTTP/1.1 200').length > number);
    };
    const askOften = async (from: number): Promise<void> => {
      for (let i = from; i < from + 100; i += 1) {
        await ask(i, `GET /${i} HTTP/1.1\r\nHost: h${i}.test\r\n${i}: ${i}\r\nX-${i}: y\r\n\r\n`);
      }
    };
    await ask(1, get('/'));
    const before = engine.seriesCount();
    await askOften(2);
    expect(engine.seriesCount()).toBe(before);
    expect(before).toBeLessThan(100);
  });

  describe('over TLS', () => {
    it.each([
      ['none', ''],
      ['upper case', 'LOCALHOST'],
      ['an unknown name', 'nobody.test'],
      ['a trailing dot', 'localhost.'],
      ['labels of 63 bytes, 255 in all', Array.from({ length: 4 }, () => 'a'.repeat(63)).join('.')],
      ['255 bytes without a dot', 'a'.repeat(255)],
      ['a name that is a number', '127'],
      ['an underscore and a slash', '_/x'],
      ['__proto__', '__proto__'],
    ])('lives through a server name of %s (CVE-2026-21637, CVE-2026-48928)', async (_name, servername) => {
      await start(() => answer('ok'), {}, { certificate: testCertificate(), h2: false });
      // Whatever comes of this one, it is one certificate for all names, and the next client is served.
      const odd = await askOverTls({ servername });
      expect(odd).toMatch(/^HTTP\/1\.1 200 |^ERR_SSL_|^ECONNRESET$/);
      expect(await askOverTls({ servername: 'localhost' })).toMatch(/^HTTP\/1\.1 200 /);
    });

    it('lives through bytes in the place of a server name (CVE-2026-21637)', async () => {
      await start(() => answer('ok'), {}, { certificate: testCertificate(), h2: false });
      for (const name of ['', '\0', 'a\0b', '\xff\xfe', 'A'.repeat(2_000), '..', '[::1]']) {
        const client = await connect();
        client.send(clientHello(Buffer.from(name, 'latin1')));
        client.socket.end();
        await client.closed();
      }
      expect(await askOverTls({ servername: 'localhost' })).toMatch(/^HTTP\/1\.1 200 /);
    });

    it('lives through clients that are gone while their answers are written (CVE-2020-8265)', async () => {
      const large = answer('x'.repeat(500_000));
      await start(() => large, {}, { certificate: testCertificate(), h2: false });
      for (let i = 0; i < 20; i += 1) {
        const raw = openTcp(engine.port);
        const socket = openTls(engine.port, { socket: raw, servername: 'localhost' });
        socket.write(get('/') + get('/') + get('/'));
        await new Promise((resolve) => socket.once('data', resolve));
        // In the middle of a record, with and without a word.
        if (i % 2 === 0) socket.destroy();
        else raw.resetAndDestroy();
      }
      await waitUntil('the end of all', () => engine.forwarder.connections() === 0);
      expect(await askOverTls({ servername: 'localhost' })).toMatch(/^HTTP\/1\.1 200 /);
    });
  });
});
