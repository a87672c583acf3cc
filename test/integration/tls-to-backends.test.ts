/** TLS towards backends, native engine: what is verified, and which sessions are resumed. */
import * as tls from 'node:tls';
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const CERTIFICATE = testCertificate();
const DEFAULT_AUTHORITIES = tls.getCACertificates('default');

const secret: BackendScript = (_request, { socket }) =>
  void socket.end(answer('secret', 'Connection: close'));

interface SecureBackend extends BackendServer {
  /** Of each connection: whether it resumed a session. */
  readonly resumed: readonly boolean[];
}

describe('the native engine with https backends', () => {
  const backends: SecureBackend[] = [];
  let engine: EngineUnderTest;
  let version = 1;

  /** Answers each request on a connection of its own. Each of them could resume the sessions of any other. */
  async function start(options: tls.TlsOptions = {}, script = secret): Promise<SecureBackend> {
    const { certPem: cert, keyPem: key, ticketKeys } = CERTIFICATE;
    const resumed: boolean[] = [];
    const backend = await startBackend(script, {
      tls: { cert, key, ticketKeys: Buffer.from(ticketKeys), ...options },
      onConnection: ({ socket }) => {
        resumed.push(socket instanceof tls.TLSSocket && socket.isSessionReused());
      },
    });
    backends.push({ ...backend, resumed });
    return { ...backend, resumed };
  }
  /** All requests go to this one from now on. */
  function use({ port }: SecureBackend): void {
    version += 1;
    const address = { protocol: 'https', host: 'localhost', port } as const;
    engine.apply({
      ...snapshotOf([poolOf([backendAt('s', port, { address, generation: version })])]),
      version,
    });
  }
  const ask = (): Promise<string> => exchangeRaw(engine.port, GET);
  beforeEach(async () => {
    tls.setDefaultCACertificates([...DEFAULT_AUTHORITIES, CERTIFICATE.certPem]);
    engine = await startNative(snapshotOf([poolOf([])]));
  });
  afterEach(async () => {
    tls.setDefaultCACertificates(DEFAULT_AUTHORITIES);
    await engine.close();
    for (const backend of backends.splice(0)) await backend.close();
    expect(engine.complaints).toEqual([]);
  });

  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'resumes the session it had with a backend, %s',
    async (protocol) => {
      const backend = await start({ minVersion: protocol, maxVersion: protocol });
      use(backend);
      for (let i = 0; i < 4; i += 1) expect(await ask()).toMatch(/secret$/);
      expect(backend.resumed).toEqual([false, true, true, true]);
    },
  );

  it('lets a backend that has ended its side of a tunnel hear the client to the end', async () => {
    const backend = await start({}, (_request, { socket }) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nbye');
    });
    use(backend);
    const client = await connectRaw(engine.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n');
    await client.until(/bye$/);
    expect(await client.closed()).toBe('end');
    client.send('still here');
    await waitUntil('the rest', () => backend.connections[0]?.received().endsWith('still here'));
    client.close();
  });

  it('offers no session of one backend to another (CVE-2025-23419, CVE-2026-48934)', async () => {
    const [one, other] = [await start(), await start()];
    use(one);
    await ask();
    use(other);
    await ask();
    await ask();
    use(one);
    await ask();
    expect(one.resumed).toEqual([false, true]);
    expect(other.resumed).toEqual([false, true]);
  });

  it('keeps no session with a backend whose certificate it cannot verify', async () => {
    const backend = await start({ maxVersion: 'TLSv1.2' });
    tls.setDefaultCACertificates(DEFAULT_AUTHORITIES);
    use(backend);
    expect(await ask()).toMatch(/^HTTP\/1\.1 502 /);
    expect(await ask()).toMatch(/^HTTP\/1\.1 502 /);
    expect(backend.resumed).not.toContain(true);
    tls.setDefaultCACertificates([...DEFAULT_AUTHORITIES, CERTIFICATE.certPem]);
    expect(await ask()).toMatch(/secret$/);
    expect(backend.resumed.at(-1)).toBe(false);
  });
});
