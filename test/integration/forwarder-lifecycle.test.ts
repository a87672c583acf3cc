/** Connections, certificates, changes while running, and the end: an engine as a server. */
import { readFileSync } from 'node:fs';
import type * as tls from 'node:tls';
import type { CertificateMaterial } from '../../shared/message.js';
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { ENGINES, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import {
  connectRaw,
  connectTls,
  exchangeRaw,
  type RawClient,
  type TlsOptions,
} from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

function pem(name: string): string {
  return readFileSync(new URL(`../support/certificates/${name}`, import.meta.url), 'utf8');
}
function certificate(cert: string, key: string): CertificateMaterial {
  return { certPem: pem(cert), keyPem: pem(key), ticketKeys: new Uint8Array(48).fill(3) };
}
const SERVER = certificate('server.pem', 'server-key.pem');
const OTHER = certificate('other.pem', 'other-key.pem');
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe.each(ENGINES)('the %s engine as a server', (_name, startEngine) => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: RawClient[] = [];

  async function start(
    script: BackendScript,
    forwarding: ForwardingChanges = {},
    options: EngineOptions = {},
  ): Promise<void> {
    backend = await startBackend(script);
    engine = await startEngine(snapshotOf([poolOf([backendAt('a', backend.port)])], forwarding), options);
  }
  async function connect(): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    return client;
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await engine.close();
    await backend.close();
  });

  it('serves a new backend at once, and lets running requests end where they are', async () => {
    const other = await startBackend(() => answer('new'));
    let finish: () => void = () => undefined;
    await start((_request, connection) => {
      finish = () => connection.write(answer('old'));
    });
    const client = await connect();
    client.send(GET);
    await backend.sees(1);
    engine.apply({ ...snapshotOf([poolOf([backendAt('b', other.port)])]), version: 2 });
    expect(await exchangeRaw(engine.port, GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).toMatch(
      /new$/,
    );
    finish();
    await client.until(/old$/);
    client.send(GET);
    await client.until(/new$/);
    await other.close();
  });

  it('asks for an end of the connection after its share of requests', async () => {
    await start(() => answer('ok'), { limits: { requestsPerConnection: 2 } });
    const client = await connect();
    client.send(GET);
    expect(await client.until(/ok$/)).not.toMatch(/connection: close/i);
    client.send(GET);
    expect(await client.until(/ok[^]*ok$/)).toMatch(/connection: close/i);
    expect(await client.closed()).toBe('end');
  });

  it('asks for an end of the connection when it is old', async () => {
    await start(() => answer('ok'), { limits: { connectionAgeMs: 0 } });
    const client = await connect();
    client.send(GET);
    await client.until(/ok$/);
    const end = await client.closed().then(() => client.received());
    expect(end).toMatch(/connection: close/i);
  });

  it('ends idle connections', async () => {
    await start(() => answer('ok'), { timeouts: { keepAliveMs: 50 } });
    const client = await connect();
    client.send(GET);
    await client.until(/ok$/);
    expect(await client.closed()).toBe('end');
  });

  it('ends idle connections to backends', async () => {
    await start(() => answer('ok'), { timeouts: { upstreamKeepAliveMs: 50 } });
    const client = await connect();
    client.send(GET);
    await client.until(/ok$/);
    await waitUntil('the end', () => backend.connections[0]?.socket.readableEnded);
  });

  it('keeps no more idle connections to a backend than allowed', async () => {
    await start(
      (request, connection) => {
        void backend.sees(6).then(() => connection.write(answer(request.target)));
      },
      { limits: { idlePerBackend: 2 } },
    );
    const open = await Promise.all(Array.from({ length: 6 }, connect));
    for (const client of open) client.send(GET);
    for (const client of open) await client.until(/\/$/);
    await waitUntil(
      'four of six to end',
      () => backend.connections.filter(({ socket }) => socket.readableEnded).length === 4,
    );
  });

  it('takes no more connections than allowed', async () => {
    await start(() => answer('ok'), { limits: { connectionsPerWorker: 2 } });
    const [one, two] = [await connect(), await connect()];
    one.send(GET);
    await one.until(/ok$/);
    const three = await connect();
    await three.closed();
    expect(engine.forwarder.connections()).toBe(2);
    await waitUntil('the count', () => engine.counted('connectionsRefused', 'limit') === 1);
    two.close();
    await waitUntil('room', () => engine.forwarder.connections() === 1);
    const four = await connect();
    four.send(GET);
    await four.until(/ok$/);
  });

  it('counts what it serves', async () => {
    await start((request, connection) => {
      void waitUntil('the body', () => request.body() === 'abc').then(() =>
        connection.write(answer('hello')),
      );
    });
    await exchangeRaw(
      engine.port,
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc',
    );
    await waitUntil('the count', () => engine.counted('requests', 'default', 'POST', '200') === 1);
    expect(engine.counted('receivedBytes', 'default')).toBe(3);
    expect(engine.counted('sentBytes', 'default')).toBe(5);
    expect(engine.counted('connectionsAccepted')).toBe(1);
    expect(engine.counted('backendRequests', 'default', 'a', '2xx')).toBe(1);
    expect(engine.counted('requestDuration', 'default', '2xx', 'sum')).toBeGreaterThan(0);
  });

  it('counts methods that it does not know as one', async () => {
    await start(() => answer('ok'));
    await exchangeRaw(engine.port, 'PROPFIND / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await waitUntil('the count', () => engine.counted('requests', 'default', 'other', '200') === 1);
  });

  it('counts and logs by the version that the client speaks, refusals by us included', async () => {
    await start(() => answer('ok'), { accessLogRatio: 1 }, { accessLog: true });
    for (const target of ['/', '//%2f..']) {
      await exchangeRaw(engine.port, `GET ${target} HTTP/1.0\r\n\r\n`);
    }
    await exchangeRaw(engine.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await waitUntil('the records', () => engine.accessLog.length === 3);
    expect(engine.accessLog.map(({ version }) => version)).toEqual(['1.0', '1.0', '1.1']);
    expect(engine.counted('requestsByVersion', '1.0')).toBe(2);
    expect(engine.counted('requestsByVersion', '1.1')).toBe(1);
    expect(engine.counted('requestsByVersion', '2')).toBe(0);
  });

  it('writes an access record with all attempts', async () => {
    await start(
      () => answer('ok'),
      { trustedProxies: ['127.0.0.1'], accessLogRatio: 1 },
      { accessLog: true },
    );
    await exchangeRaw(
      engine.port,
      'GET /x?y HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nX-Request-ID: r-1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n',
    );
    await waitUntil('the record', () => engine.accessLog.length === 1);
    expect(engine.accessLog[0]).toMatchObject({
      requestId: 'r-1',
      client: '192.0.2.1',
      method: 'GET',
      version: '1.1',
      host: 'a.test',
      target: '/x?y',
      pool: 'default',
      status: 200,
      error: null,
      sentBytes: 2,
      attempts: [{ backend: 'a', result: 200 }],
    });
    expect(backend.requests[0]?.field('x-request-id')).toBe('r-1');
  });

  it('names each request to its backend, and believes no stranger about it', async () => {
    await start(() => answer('ok'), { accessLogRatio: 0.5 });
    await exchangeRaw(
      engine.port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-ID: mine\r\n\r\n',
    );
    expect(backend.requests[0]?.field('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  describe('shutting down', () => {
    it('stops listening, ends idle connections, lets running requests end, and asks for the end', async () => {
      let finish: () => void = () => undefined;
      await start((request, connection) => {
        if (request.target === '/slow') finish = () => connection.write(answer('slow'));
        else connection.write(answer('ok'));
      });
      const [idle, busy] = [await connect(), await connect()];
      idle.send(GET);
      await idle.until(/ok$/);
      busy.send(GET.replace('/', '/slow'));
      await backend.sees(2);
      const closed = engine.close(5_000);
      expect(await idle.closed()).toBe('end');
      const late = await connect();
      expect(await late.closed()).toBe('ECONNREFUSED');
      finish();
      expect(await busy.until(/slow$/)).toMatch(/connection: close/i);
      await closed;
      expect(engine.forwarder.connections()).toBe(0);
    });

    it('ends connections that became idle after it began', async () => {
      let finish: () => void = () => undefined;
      await start((_request, connection) => {
        connection.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npa');
        finish = () => connection.write('rt');
      });
      const client = await connect();
      client.send(GET);
      await client.until(/pa$/);
      const closed = engine.close(5_000);
      finish();
      await client.until(/part$/);
      expect(await client.closed()).toBe('end');
      await closed;
    });

    it('cuts what is left at the deadline', async () => {
      await start(() => undefined);
      const client = await connect();
      client.send(GET);
      await backend.sees(1);
      await engine.close(50);
      await client.closed();
      expect(engine.forwarder.connections()).toBe(0);
    });
  });

  describe('over TLS', () => {
    /** Of a client that knows these certificates and no other. */
    async function secure(options: TlsOptions = {}, port = engine.port): Promise<RawClient<tls.TLSSocket>> {
      const ca = [SERVER.certPem, OTHER.certPem];
      const client = await connectTls(port, { ca, rejectUnauthorized: true, ...options });
      clients.push(client);
      return client;
    }
    async function exchange(client: RawClient, request: string): Promise<string> {
      client.send(request);
      expect(await client.closed()).toBe('end');
      return client.received();
    }
    const CLOSE = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

    it('serves, says https to the backend, and marks the cookie', async () => {
      await start(() => answer('ok'), {}, { certificate: SERVER });
      const next = snapshotOf([
        poolOf([backendAt('a', backend.port)], {
          sticky: { type: 'cookie', cookieName: 'sid', idleTimeoutMs: 10_000, absoluteTimeoutMs: 10_000 },
        }),
      ]);
      engine.apply({ ...next, version: 2 });
      const reply = await exchange(await secure(), CLOSE);
      expect(reply).toMatch(/\r\nset-cookie: __Host-sid=[^\r]*; Secure\r\n/i);
      expect(reply).toMatch(/ok$/);
      expect(backend.requests[0]?.field('x-forwarded-proto')).toBe('https');
    });

    it('answers a client that has ended its side', async () => {
      await start(() => answer('ok'), {}, { certificate: SERVER });
      const client = await secure();
      client.socket.end(GET);
      await client.until(/\r\n\r\nok$/);
      expect(await client.closed()).toBe('end');
    });

    it('uses a new certificate for new connections, and keeps those that are open', async () => {
      await start(() => answer('ok'), {}, { certificate: SERVER });
      const open = await secure();
      expect(open.socket.getPeerCertificate().subject.CN).toBe('server.tidegate.test');
      engine.forwarder.setCertificate(OTHER);
      const fresh = await secure();
      expect(fresh.socket.getPeerCertificate().subject.CN).toBe('other.tidegate.test');
      expect(await exchange(open, CLOSE)).toMatch(/ok$/);
    });

    it('keeps the certificate it has when a new one is unfit', async () => {
      await start(() => answer('ok'), {}, { certificate: SERVER });
      expect(() => engine.forwarder.setCertificate({ ...OTHER, keyPem: SERVER.keyPem })).toThrow();
      const { socket } = await secure();
      expect(socket.getPeerCertificate().subject.CN).toBe('server.tidegate.test');
    });

    it('survives clients that are not TLS or leave within the handshake', async () => {
      await start(() => answer('ok'), {}, { certificate: SERVER });
      const plain = await connect();
      plain.send(GET);
      await plain.closed();
      const hello = await connect();
      hello.send(Buffer.from([22, 3, 1, 2, 0, 1]));
      hello.socket.resetAndDestroy();
      expect(await exchange(await secure(), CLOSE)).toMatch(/ok$/);
      await waitUntil('nobody there', () => engine.forwarder.connections() === 0);
      await waitUntil('the count', () => engine.counted('connectionsRefused', 'tls') === 2);
    });

    it('takes only ciphers with forward secrecy and authenticated encryption, before and after a new certificate', async () => {
      await start(() => answer('tls'), {}, { certificate: SERVER });
      for (const renewed of [false, true]) {
        if (renewed) engine.forwarder.setCertificate(OTHER);
        for (const ciphers of ['AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'AES128-GCM-SHA256']) {
          const refused = await secure({ maxVersion: 'TLSv1.2', ciphers });
          expect(await refused.closed()).toMatch(/HANDSHAKE_FAILURE|NO_CIPHER|ECONNRESET/);
        }
        const { socket } = await secure({ maxVersion: 'TLSv1.2' });
        expect(socket.getCipher().name).toMatch(/^ECDHE-.*(GCM|POLY1305)/);
      }
    });

    it('refuses to negotiate again on a running connection', async () => {
      await start(() => answer('tls'), {}, { certificate: SERVER });
      const { socket } = await secure({ maxVersion: 'TLSv1.2' });
      const { promise, resolve } = Promise.withResolvers<unknown>();
      socket.on('error', resolve);
      socket.renegotiate({ rejectUnauthorized: false }, resolve);
      expect(await promise).toMatchObject({
        code: expect.stringMatching(/NO_RENEGOTIATION|ECONNRESET/) as unknown,
      });
    });

    it('resumes TLS sessions that another worker began', async () => {
      await start(() => answer('ok'), {}, { certificate: SERVER });
      const first = await secure({ maxVersion: 'TLSv1.2' });
      const session = first.socket.getSession();
      const second = await startEngine(snapshotOf([poolOf([])]), { certificate: SERVER });
      const resumed = await secure({ maxVersion: 'TLSv1.2', ...(session && { session }) }, second.port);
      expect(resumed.socket.isSessionReused()).toBe(true);
      await second.close();
    });

    it('refuses to listen without a certificate', async () => {
      await start(() => answer('ok'));
      const settings = { host: '127.0.0.1', port: 0, tls: true, h2: true, reusePort: false };
      await expect(async () => engine.forwarder.listen(settings, null)).rejects.toThrow('certificate');
    });
  });

  it('does not talk to an https backend whose certificate it cannot verify', async () => {
    await start(() => answer('ok'));
    const other = await startBackend(() => undefined, { tls: { cert: SERVER.certPem, key: SERVER.keyPem } });
    const address = { protocol: 'https', host: 'localhost', port: other.port } as const;
    engine.apply({ ...snapshotOf([poolOf([backendAt('a', 1, { address })])]), version: 2 });
    const reply = await exchangeRaw(engine.port, GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(reply).toMatch(/^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_connect/);
    expect(other.connections.map((connection) => connection.received()).join('')).toBe('');
    await other.close();
  });
});
