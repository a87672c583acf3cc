/** Connections that change their protocol: bytes both ways, and every way in which it can go wrong. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { freePort } from '../support/free-port.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

const ASK =
  'GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s\r\n\r\n';

describe('upgrades through the native engine', () => {
  const backends: BackendServer[] = [];
  const clients: RawClient[] = [];
  let engine: EngineUnderTest;

  async function start(
    scripts: readonly (BackendScript | number)[],
    forwarding: ForwardingChanges = {},
  ): Promise<void> {
    const entries = [];
    for (const [index, script] of scripts.entries()) {
      if (typeof script === 'number') {
        entries.push(backendAt('ab'.charAt(index), script));
        continue;
      }
      const backend = await startBackend(script);
      backends.push(backend);
      entries.push(backendAt('ab'.charAt(index), backend.port));
    }
    engine = await startNative(snapshotOf([poolOf(entries)], forwarding));
  }
  async function ask(bytes = ASK): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    client.send(bytes);
    return client;
  }
  const load = (): number => engine.table().pools.values().next().value?.backends[0]?.load.own ?? -1;
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await waitUntil('no load left', () => load() === 0);
    expect(engine.complaints).toEqual([]);
    await engine.close();
    for (const backend of backends.splice(0)) await backend.close();
  });

  it('passes the request with its Upgrade, the answer as it is, and bytes both ways', async () => {
    await start([() => SWITCH]);
    const client = await ask();
    const head = await client.until(/\r\n\r\n/);
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(head).toContain('\r\nSec-WebSocket-Accept: s\r\n');
    expect(head).toMatch(/\r\nconnection: upgrade\r\n/i);
    expect(head.match(/\r\nupgrade: websocket\r\n/gi)).toHaveLength(1);
    const [request] = backends[0]!.requests;
    expect(request?.field('connection')).toBe('Upgrade');
    expect(request?.field('upgrade')).toBe('websocket');
    expect(request?.field('sec-websocket-key')).toBe('k');
    expect(request?.field('x-forwarded-for')).toBe('127.0.0.1');
    client.send('from client \x00\xff');
    await waitUntil('the bytes', () =>
      backends[0]?.connections[0]?.received().endsWith('from client \x00\xff'),
    );
    backends[0]?.connections[0]?.write('from backend \x00\xff');
    await client.until('from backend \x00\xff');
    expect(load()).toBe(1);
    expect(engine.counted('tunnels', 'default')).toBe(1);
    expect(engine.counted('backendRequests', 'default', 'a', '1xx')).toBe(1);
  });

  it('passes bytes that come with the heads', async () => {
    await start([() => `${SWITCH}early backend`]);
    const client = await ask(`${ASK}early client`);
    await client.until(/early backend$/);
    await waitUntil('the bytes', () => backends[0]?.connections[0]?.received().endsWith('early client'));
  });

  it.each([
    ['another protocol', 'Upgrade: bar\r\n'],
    ['more than one', 'Upgrade: foo\r\nUpgrade: bar\r\n'],
  ])('does not switch to %s than was asked for', async (_title, fields) => {
    await start([() => `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${fields}\r\nbytes`]);
    const client = await ask('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n');
    expect(await client.until(/\r\n\r\n/)).toMatch(
      /^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_malformed\r\n/,
    );
    await client.closed();
    expect(client.received()).not.toContain('bytes');
  });

  it('blames nobody, and asks nobody else, for a switch before the end of a body that the client keeps back', async () => {
    await start([() => SWITCH, () => SWITCH]);
    const client = await ask(ASK.replace('\r\n\r\n', '\r\nContent-Length: 4\r\n\r\nab'));
    await client.until(/^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_malformed\r\n/);
    expect(backends.flatMap(({ requests }) => requests)).toHaveLength(1);
    expect(engine.outcomes().flatMap(({ failures }) => Object.keys(failures))).toEqual([]);
    expect(engine.counted('backendErrors', 'default', 'a', 'malformed')).toBe(0);
  });

  it('sends nothing after the head before the backend agrees', async () => {
    await start([
      (_request, connection) => {
        setImmediate(() => {
          expect(connection.received()).toMatch(/\r\n\r\n$/);
          connection.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno');
        });
      },
    ]);
    const client = await ask(`${ASK}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.until(/no$/);
    await client.closed();
    expect(backends[0]?.connections[0]?.received()).not.toContain('smuggled');
    expect(client.received().match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it.each([
    [
      'with a length',
      'HTTP/1.1 403 Forbidden\r\nX-Why: y\r\nContent-Length: 4\r\n\r\nnope',
      /^HTTP\/1\.1 403 Forbidden\r\nX-Why: y[^]*\r\n\r\nnope$/,
    ],
    [
      'in chunks',
      'HTTP/1.1 401 Who\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n',
      /^HTTP\/1\.1 401 Who[^]*4\r\nnope\r\n0\r\n\r\n$/,
    ],
    [
      'without a body',
      'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n',
      /^HTTP\/1\.1 426 [^]*\r\n\r\n$/,
    ],
    [
      'that only looks like a switch',
      'HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nnope',
      /^HTTP\/1\.1 200 OK[^]*nope$/,
    ],
  ])('passes an ordinary answer %s, and ends the connection', async (_name, reply, pattern) => {
    await start([() => reply]);
    const client = await ask();
    await client.closed();
    expect(client.received()).toMatch(pattern);
    expect(client.received()).toMatch(/\r\nconnection: close\r\n/i);
  });

  it('tries another backend when one cannot be connected to', async () => {
    await start([await freePort(), () => SWITCH]);
    for (const client of [await ask(), await ask()]) await client.until('101 Switching');
    expect(engine.counted('retries', 'default', 'connect')).toBe(1);
  });

  it('answers 502 when the backend ends instead', async () => {
    await start([
      (_request, { socket }) => {
        socket.destroy();
      },
    ]);
    const client = await ask();
    await client.closed();
    expect(client.received()).toMatch(/^HTTP\/1\.1 502 [^]*x-tidegate-error: upstream_reset/);
  });

  it('answers 503 when there is no backend', async () => {
    await start([() => SWITCH]);
    engine.apply({
      ...snapshotOf([poolOf([backendAt('a', 1, { availability: 'maintenance' })])]),
      version: 2,
    });
    const client = await ask();
    await client.closed();
    expect(client.received()).toMatch(/^HTTP\/1\.1 503 [^]*x-tidegate-error: no_backend/);
  });

  it('ends both sides when the client is gone', async () => {
    await start([() => SWITCH]);
    const client = await ask();
    await client.until('101 Switching');
    client.socket.resetAndDestroy();
    await waitUntil('the backend side to close', () => backends[0]?.connections[0]?.socket.destroyed);
  });

  it('ends both sides when the backend is gone', async () => {
    await start([() => SWITCH]);
    const client = await ask();
    await client.until('101 Switching');
    backends[0]?.connections[0]?.socket.resetAndDestroy();
    await client.closed();
  });

  it('ends the attempt when the client goes before the answer', async () => {
    await start([() => undefined]);
    const client = await ask();
    await backends[0]?.sees(1);
    client.socket.resetAndDestroy();
    await waitUntil('the backend side to close', () => backends[0]?.connections[0]?.socket.destroyed);
    expect(engine.outcomes()).toEqual([]);
  });

  it('passes the end of one side on, and lets the other go on', async () => {
    await start([
      (_request, connection) => {
        connection.socket.removeAllListeners('end');
        connection.socket.on('end', () => connection.socket.end('last words'));
        return SWITCH;
      },
    ]);
    const client = await ask();
    await client.until('101 Switching');
    client.socket.end('question');
    await client.until(/last words$/);
    expect(backends[0]?.connections[0]?.received()).toMatch(/question$/);
    expect(await client.closed()).toBe('end');
  });

  it('passes all that was written before an end', async () => {
    const size = 5_000_000;
    await start([
      (_request, connection) => {
        connection.write(SWITCH);
        connection.socket.end(Buffer.alloc(size, 'x'));
      },
    ]);
    const client = await ask();
    await client.closed();
    await waitUntil('all of it', () => client.received().length >= size + 100);
    expect(client.received().slice(client.received().indexOf('\r\n\r\n') + 4).length).toBe(size);
  });

  it('ends a tunnel that is silent for too long', async () => {
    await start([() => SWITCH], { timeouts: { tunnelIdleMs: 100 } });
    const client = await ask();
    await client.until('101 Switching');
    await client.closed();
    await waitUntil('the backend side to close', () => backends[0]?.connections[0]?.socket.destroyed);
  });

  it.each([
    ['h2c', 'Upgrade: h2c'],
    ['TLS', 'Upgrade: TLS/1.0'],
    ['two protocols', 'Upgrade: websocket, h2c'],
    ['two fields', 'Upgrade: websocket\r\nUpgrade: x'],
  ])('serves a request that asks for %s as an ordinary one', async (_name, fields) => {
    await start([() => answer('plain')]);
    const client = await ask(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n${fields}\r\n\r\n`);
    await client.until(/plain$/);
    expect(backends[0]?.requests[0]?.head).not.toMatch(/\r\nupgrade:/i);
  });

  it('answers the request before first', async () => {
    await start([
      (request, connection) => {
        if (request.target === '/slow') setImmediate(() => connection.write(answer('slow')));
        else connection.write(answer('plain'));
      },
    ]);
    const client = await ask(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${ASK}`);
    await client.until(/slow[^]*plain$/);
  });

  it('cuts tunnels when the time to shut down is over', async () => {
    await start([() => SWITCH]);
    const client = await ask();
    await client.until('101 Switching');
    await engine.close(50);
    await client.closed();
  });
});
