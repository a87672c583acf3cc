/**
 * What is given up with bytes that wait to be sent is reset: else the system goes on offering megabytes to a peer that does not
 * read, for as long as it likes. Seen in the tables of the system, and by the peer.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  answer,
  startBackend,
  type BackendConnection,
  type BackendScript,
  type BackendServer,
} from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectH2 } from '../support/h2-client.js';
import { connectRaw, connectTls, openTls, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { Sockets, unsentBytes } from '../support/system-sockets.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';
import { poolId } from '../../shared/ids.js';
import type { Route } from '../../shared/settings.js';

const LARGE = answer('x'.repeat(16_000_000));
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const LONG_MS = 60_000;
const TIMEOUTS = { responseIdleMs: 700, tunnelIdleMs: 700, requestBodyIdleMs: 700, keepAliveMs: 200 };

describe('peers of the native engine that do not read', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let socket: Socket | null = null;
  let closing: Promise<void> | null = null;
  /** Of answers that the test writes. */
  const longAnswers: BackendConnection[] = [];

  /** @param patientMs response_idle of the route `/patient` */
  async function start(
    script: BackendScript,
    isSecure = false,
    { limits = {}, timeouts = {} }: ForwardingChanges = {},
    patientMs = TIMEOUTS.responseIdleMs,
  ): Promise<void> {
    backend = await startBackend(script);
    const routes: readonly Route[] = [
      { host: null, pathPrefix: '/', pool: poolId('default') },
      {
        host: null,
        pathPrefix: '/patient',
        pool: poolId('default'),
        timeouts: { responseIdleMs: patientMs },
      },
    ];
    engine = await startNative(
      snapshotOf(
        [poolOf([backendAt('a', backend.port)])],
        { timeouts: { ...TIMEOUTS, ...timeouts }, retry: { attempts: 1 }, limits },
        { routes },
      ),
      isSecure ? { certificate: testCertificate() } : {},
    );
  }
  /** For an HTTP/2 client to take over. */
  async function openH2(): Promise<TLSSocket> {
    const raw = openTls(engine.port, { ALPNProtocols: ['h2'] });
    socket = raw;
    await waitUntil('the handshake', () => raw.alpnProtocol === 'h2');
    return raw;
  }
  /** Beneath what HTTP/2 has taken over. */
  function reading(raw: TLSSocket, goesOn: boolean): void {
    const handle = Object(raw)._handle;
    for (const each of [handle._parent, handle]) each[goesOn ? 'readStart' : 'readStop']();
  }
  /** The client is cut: nothing of it is left with the system, and it sees a reset when it reads on. */
  async function isReset(client: Socket): Promise<void> {
    const { localPort = 0 } = client;
    const errors: unknown[] = [];
    client.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
    await waitUntil('something to wait for the client', () => unsentBytes(engine.port, localPort) > 0);
    await waitUntil('the cut', () => engine.forwarder.connections() === 0);
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
    await (closing ?? engine.close());
    closing = null;
    await backend.close();
    longAnswers.length = 0;
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
    const client = await connectTls(engine.port);
    socket = client.socket;
    socket.pause();
    client.send(GET);
    await isReset(socket);
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
    const raw = await openH2();
    const settings = { initialWindowSize: 2 ** 31 - 1 };
    const client = await connectH2(engine.port, { createConnection: () => raw, settings });
    client.session.setLocalWindowSize(2 ** 31 - 1);
    for (let i = 0; i < 4; i++) client.request();
    // From here on nothing is read.
    await waitUntil('the first bytes', () => raw.bytesRead > 10_000);
    const { localPort = 0 } = raw;
    reading(raw, false);
    await waitUntil('something to wait for the client', () => unsentBytes(engine.port, localPort) > 0);
    await waitUntil('the cut', () => engine.forwarder.connections() === 0);
    expect(unsentBytes(engine.port, localPort)).toBe(0);
    client.close();
  });

  /** An answer has come to its end at the engine, but a part of it waits there, as its client does not read. */
  async function answered(get = GET): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    socket = client.socket;
    client.socket.pause();
    const seen = backend.requests.length;
    client.send(get);
    await backend.sees(seen + 1);
    const { localPort = 0 } = client.socket;
    const connection = longAnswers.at(-1)!;
    const { socket: remote } = connection;
    const { remotePort = 0 } = remote;
    const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
    // The system takes as much at once; what it takes beyond that is found out.
    let piece = chunk(1_500_000);
    /** The table when the engine has all that was written. */
    const untilRead = (): Promise<Sockets> =>
      waitUntil('the engine to have it', () => {
        const sockets = new Sockets();
        return remote.writableLength === 0 && sockets.between(backend.port, remotePort) === 0 && sockets;
      });
    for (let sent = 0; ;) {
      const sockets = await untilRead();
      if (client.socket.bytesRead + sockets.between(engine.port, localPort) < sent) break;
      connection.write(piece);
      sent += piece.length;
      piece = chunk(48_000);
    }
    connection.write('0\r\n\r\n');
    await untilRead();
    return client;
  }
  /** Those who ask for `/other` or `/large` are answered at once, all others by the test. */
  const slowly: BackendScript = (request, connection) => {
    if (request.target === '/other') return answer('ok');
    if (request.target === '/large') return LARGE;
    longAnswers.push(connection);
    return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  };
  async function ask(): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    client.send(GET.replace('/', '/other'));
    await client.until(/ok$/);
    return client;
  }

  it.each([
    [
      'end their side',
      async (client: RawClient) => {
        client.socket.end();
        (await ask()).close();
      },
    ],
    [
      'are idle for too long',
      async () => {
        const other = await ask();
        await other.closed();
        other.close();
      },
    ],
    [
      'are idle while the worker shuts down',
      async () => {
        const other = await ask();
        closing = engine.close(8_000);
        await other.closed();
        other.close();
      },
    ],
  ])('get what they read late, to its end, when they %s after an answer', async (_title, act) => {
    await start(slowly, false, { timeouts: { responseIdleMs: LONG_MS } });
    const client = await answered();
    await act(client);
    client.socket.resume();
    await client.until(/\r\n0\r\n\r\n$/);
    client.close();
  });

  it.each([
    ['an answer', ''],
    ['the last answer of their connection', 'Connection: close\r\n'],
  ])('may read the end of %s as late as their route says', async (_title, field) => {
    await start(slowly, false, {}, LONG_MS);
    const get = GET.replace('\r\n\r\n', `\r\n${field}\r\n`);
    const patient = await answered(get.replace('/', '/patient'));
    const other = await connectRaw(engine.port);
    other.socket.pause();
    other.send(GET.replace('/', '/large'));
    // The one whose route says nothing is cut.
    await waitUntil('both', () => backend.requests.length === 2);
    await waitUntil('the cut', () => engine.forwarder.connections() <= 1);
    patient.socket.resume();
    await patient.until(/\r\n0\r\n\r\n$/);
    patient.close();
    other.close();
  });

  it('get what they read late over HTTP/2, to its end, after the last answer of a connection', async () => {
    await start(() => answer('x'.repeat(6_000_000)), true, { limits: { requestsPerConnection: 1 } });
    const raw = await openH2();
    const settings = { initialWindowSize: 2 ** 31 - 1 };
    const client = await connectH2(engine.port, { createConnection: () => raw, settings });
    client.session.setLocalWindowSize(2 ** 31 - 1);
    const got = client.request();
    await waitUntil('most of it', () => raw.bytesRead > 3_500_000);
    const { localPort = 0 } = raw;
    reading(raw, false);
    await waitUntil('the rest with the system', () => unsentBytes(engine.port, localPort) > 0);
    await waitUntil('the farewell', () => engine.forwarder.connections() === 0);
    reading(raw, true);
    expect((await got.whole()).length).toBe(6_000_000);
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
