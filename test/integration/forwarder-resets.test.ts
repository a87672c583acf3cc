/**
 * What is given up with bytes that wait to be sent is reset: else the system goes on offering megabytes to a peer that does not
 * read, for as long as it likes. Seen in the tables of the system, and by the peer.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import * as tls from 'node:tls';
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { ENGINES, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectH2 } from '../support/h2-client.js';
import { connectRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

const LARGE = answer('x'.repeat(16_000_000));
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const TIMEOUTS = { responseIdleMs: 700, tunnelIdleMs: 700, requestBodyIdleMs: 700, keepAliveMs: 200 };

/** Bytes that the system has yet to send from this port, over all its connections to this other port. */
function unsentBytes(localPort: number, remotePort: number): number {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((path) => readFileSync(path, 'latin1').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote]) => local?.endsWith(hex(localPort)) && remote?.endsWith(hex(remotePort)))
    .reduce((sum, [, , , , queues]) => sum + Number.parseInt(queues ?? '0', 16), 0);
}

describe.each(ENGINES)('peers of the %s engine that do not read', (_name, startEngine) => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let socket: Socket | null = null;

  async function start(script: BackendScript, isSecure = false): Promise<void> {
    backend = await startBackend(script);
    engine = await startEngine(
      snapshotOf([poolOf([backendAt('a', backend.port)])], { timeouts: TIMEOUTS, retry: { attempts: 1 } }),
      isSecure ? { certificate: testCertificate() } : {},
    );
  }
  /** The client is cut: nothing of it is left with the system, and it sees a reset when it reads on. */
  async function isReset(client: Socket): Promise<void> {
    const { localPort = 0 } = client;
    const errors: unknown[] = [];
    client.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
    await waitUntil('something to wait for the client', () => unsentBytes(engine.port, localPort) > 0);
    await waitUntil('the cut', () => engine.forwarder.connections() === 0, 8_000);
    expect(unsentBytes(engine.port, localPort)).toBe(0);
    client.on('data', () => undefined);
    client.resume();
    await waitUntil('the end at the client', () => client.destroyed);
    expect(errors).toEqual(['ECONNRESET']);
  }
  afterEach(async () => {
    socket?.destroy();
    socket = null;
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it('are reset in the midst of an answer', async () => {
    await start(() => LARGE);
    const client = await connectRaw(engine.port);
    socket = client.socket;
    socket.pause();
    client.send(GET);
    await isReset(socket);
    expect(engine.counted('clientAborts', 'default')).toBe(1);
  });

  it('are reset in the midst of an answer over TLS', async () => {
    await start(() => LARGE, true);
    const client = tls.connect({ port: engine.port, host: '127.0.0.1', rejectUnauthorized: false });
    socket = client;
    client.on('error', () => undefined);
    await waitUntil('the handshake', () => client.authorized || client.authorizationError !== null);
    client.pause();
    client.write(GET);
    await isReset(client);
  });

  it('are reset with their tunnel', async () => {
    await start((_request, connection) => {
      connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      connection.write(LARGE);
    });
    const client = await connectRaw(engine.port);
    socket = client.socket;
    socket.pause();
    client.send(GET.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'));
    await isReset(socket);
  });

  it('are reset over HTTP/2 when their connection is given up', async () => {
    await start(() => LARGE, true);
    const raw = tls.connect({
      port: engine.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    socket = raw;
    raw.on('error', () => undefined);
    await waitUntil('the handshake', () => raw.alpnProtocol === 'h2');
    const settings = { initialWindowSize: 2 ** 31 - 1 };
    const client = await connectH2(engine.port, { createConnection: () => raw, settings });
    client.session.setLocalWindowSize(2 ** 31 - 1);
    for (let i = 0; i < 4; i++) client.request();
    // From here on nothing is read.
    await waitUntil('the first bytes', () => raw.bytesRead > 10_000);
    const { localPort = 0 } = raw;
    const handle = Object(raw)._handle;
    handle.readStop();
    handle._parent.readStop();
    await waitUntil('something to wait for the client', () => unsentBytes(engine.port, localPort) > 0);
    await waitUntil('the cut', () => engine.forwarder.connections() === 0, 8_000);
    expect(unsentBytes(engine.port, localPort)).toBe(0);
    client.close();
  });

  it('are reset as backends that do not take a body', async () => {
    await start((_request, connection) => void connection.socket.pause());
    const client = await connectRaw(engine.port);
    socket = client.socket;
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50000000\r\n\r\n`);
    client.socket.write(Buffer.alloc(50_000_000));
    await waitUntil('the backend', () => backend.connections[0]);
    const remote = backend.connections[0]?.socket;
    const { remotePort = 0 } = remote ?? {};
    await waitUntil('something to wait for the backend', () => unsentBytes(remotePort, backend.port) > 0);
    await client.until(/^HTTP\/1\.1 504 /);
    await waitUntil('nothing to wait for it', () => unsentBytes(remotePort, backend.port) === 0);
    expect(remote?.readableEnded).toBe(false);
  });

  it('get what they read slowly, to its end, after the last answer of a connection', async () => {
    await start(() => LARGE);
    const client = await connectRaw(engine.port);
    socket = client.socket;
    client.send(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(await client.closed()).toBe('end');
    expect(client.received().length).toBeGreaterThan(16_000_000);
  });
});
