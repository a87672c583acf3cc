/** Timeouts and retries that one pool or route has otherwise: its requests go by them, all others by those of the file. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { ENGINES, type EngineOptions, type EngineUnderTest } from '../support/engine-under-test.js';
import { CODE, FRAME, FrameClient, headers, request, SETTING, windowUpdate } from '../support/h2-frames.js';
import { connectRaw, exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';
import { poolId } from '../../shared/ids.js';
import type { PoolSettings, Route } from '../../shared/settings.js';

type Own = Pick<Route, 'timeouts' | 'retry'>;
/** For what a test does not wait for. */
const LONG_MS = 60_000;
const QUICK_MS = 200;

describe.each(ENGINES)('settings of a pool and of a route with the %s engine', (_name, startEngine) => {
  const backends: BackendServer[] = [];
  let engine: EngineUnderTest;

  /** Two pools with the same backends, `default` for `/` and `own` for `/own`. */
  async function start(
    scripts: readonly BackendScript[],
    own: { readonly pool?: Pick<PoolSettings, 'timeouts' | 'retry'>; readonly route?: Own },
    forwarding: ForwardingChanges = {},
    options: EngineOptions = {},
  ): Promise<void> {
    for (const script of scripts) backends.push(await startBackend(script));
    const entries = backends.map(({ port }, index) => backendAt('abc'.charAt(index), port));
    const routes: readonly Route[] = [
      { host: null, pathPrefix: '/', pool: poolId('default') },
      { host: null, pathPrefix: '/own', pool: poolId('own'), ...own.route },
    ];
    const pools = [poolOf(entries), poolOf(entries, { id: poolId('own'), ...own.pool })];
    engine = await startEngine(snapshotOf(pools, forwarding, { routes }), options);
  }
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  const sends = (): number => backends.reduce((sum, { requests }) => sum + requests.length, 0);

  afterEach(async () => {
    expect(engine.complaints).toEqual([]);
    await engine.close(0);
    await Promise.all(backends.splice(0).map((backend) => backend.close()));
  });

  it('a route that waits for its answer longer than others gets it', async () => {
    let answerNow = (): void => undefined;
    const script: BackendScript = (request, connection) => {
      if (request.target === '/own') answerNow = () => connection.write(answer('late'));
    };
    const route = { timeouts: { responseHeadMs: LONG_MS } };
    await start([script], { route }, { timeouts: { responseHeadMs: QUICK_MS } });
    const slow = exchangeRaw(engine.port, get('/own'));
    await backends[0]?.sees(1);
    expect(await exchangeRaw(engine.port, get('/'))).toMatch(/^HTTP\/1\.1 504 [^]*upstream_timeout/);
    answerNow();
    expect(await slow).toMatch(/^HTTP\/1\.1 200 [^]*late$/);
  });

  it('a pool that waits for its answer for a shorter time is told so, and its route has the last word', async () => {
    const pool = { timeouts: { responseHeadMs: LONG_MS } };
    const route = { timeouts: { responseHeadMs: QUICK_MS } };
    await start([() => undefined], { pool, route }, { timeouts: { responseHeadMs: LONG_MS } });
    expect(await exchangeRaw(engine.port, get('/own'))).toContain('upstream_timeout');
  });

  it('an answer of a route may stand still for longer, or less long', async () => {
    let finish = (): void => undefined;
    const script: BackendScript = (request, connection) => {
      if (request.target === '/own') finish = () => connection.write('whole');
      return 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart';
    };
    const route = { timeouts: { responseIdleMs: LONG_MS } };
    await start([script], { route }, { timeouts: { responseIdleMs: QUICK_MS } });
    const own = await connectRaw(engine.port);
    own.send(get('/own'));
    await own.until('part');
    const other = await connectRaw(engine.port);
    other.send(get('/'));
    await other.closed();
    finish();
    await own.until(/partwhole$/);
    own.close();
    other.close();
  });

  it('a body of a route may come with longer pauses', async () => {
    const script: BackendScript = (request, connection) => {
      if (request.target !== '/own') return;
      void waitUntil('the body', () => request.body() === 'abcdef').then(() =>
        connection.write(answer('ok')),
      );
    };
    const route = { timeouts: { requestBodyIdleMs: LONG_MS } };
    await start([script], { route }, { timeouts: { requestBodyIdleMs: QUICK_MS } });
    const half = (path: string): string =>
      `PUT ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n\r\nabc`;
    const own = await connectRaw(engine.port);
    own.send(half('/own'));
    await backends[0]?.sees(1);
    const refused = await exchangeRaw(engine.port, half('/'));
    expect(refused).toMatch(/^HTTP\/1\.1 408 /);
    own.send('def');
    await own.until(/ok$/);
    own.close();
  });

  it('a pool keeps idle connections to its backends for its own time', async () => {
    await start([() => answer('ok')], { pool: { timeouts: { upstreamKeepAliveMs: 1 } } });
    const [backend] = backends;
    const open = (): number | undefined =>
      backend?.connections.filter(({ socket }) => !socket.readableEnded && !socket.destroyed).length;
    await exchangeRaw(engine.port, get('/own'));
    await waitUntil('the end of the connection', () => open() === 0);
    await exchangeRaw(engine.port, get('/'));
    expect([backend?.connections.length, open()]).toEqual([2, 1]);
  });

  it('a pool that keeps none has a connection for each request, also for one that waits already', async () => {
    await start([() => answer('ok')], { pool: { timeouts: { upstreamKeepAliveMs: 0 } } });
    const twice = get('/own').replace('Connection: close\r\n', '') + get('/own');
    expect(await exchangeRaw(engine.port, twice)).toMatch(/ok[^]*ok$/);
    expect(backends[0]?.connections.length).toBe(2);
  });

  it('a pool that is to be tried once is sent each request once', async () => {
    const cut: BackendScript = (_request, { socket }) => void socket.destroy();
    await start([cut, cut], { pool: { retry: { attempts: 1, onStale: false } } }, { retry: { attempts: 2 } });
    expect(await exchangeRaw(engine.port, get('/own'))).toMatch(/^HTTP\/1\.1 502 /);
    expect(sends()).toBe(1);
    expect(await exchangeRaw(engine.port, get('/'))).toMatch(/^HTTP\/1\.1 502 /);
    expect(sends()).toBe(3);
  });

  it('a route that keeps no bodies sends none twice', async () => {
    const cut: BackendScript = (request, { socket }) => {
      void waitUntil('the body', () => request.body() === 'abc').then(() => socket.destroy());
    };
    await start([cut, cut], { route: { retry: { bufferBytes: 0 } } }, { retry: { attempts: 2 } });
    const put = (path: string): string =>
      `PUT ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc`;
    expect(await exchangeRaw(engine.port, put('/own'))).toMatch(/^HTTP\/1\.1 502 /);
    expect(sends()).toBe(1);
    expect(await exchangeRaw(engine.port, put('/'))).toMatch(/^HTTP\/1\.1 502 /);
    expect(sends()).toBe(3);
  });

  it('a route may ask another backend when one try takes long', async () => {
    const silentFirst: BackendScript = () => (sends() === 1 ? undefined : answer('second'));
    await start([silentFirst, silentFirst], { route: { retry: { perTryTimeoutMs: QUICK_MS } } });
    expect(await exchangeRaw(engine.port, get('/own'))).toMatch(/second$/);
  });

  it('a client of HTTP/2 may take its answer as late as the route says', async () => {
    const route = { timeouts: { responseIdleMs: LONG_MS } };
    const file = { timeouts: { responseIdleMs: QUICK_MS } };
    await start([() => answer('whole')], { route }, file, { certificate: testCertificate() });
    const client = await FrameClient.open(engine.port, [SETTING.initialWindowSize, 0]);
    client.send(headers(1, request({ ':path': '/own' })));
    await client.answered(1);
    client.send(headers(3, request({ ':path': '/' })));
    expect(await client.resetCode(3)).toBe(CODE.internal);
    client.send(windowUpdate(1, 100));
    const { payload } = await client.sees(
      'the body',
      ({ type, stream }) => type === FRAME.data && stream === 1,
    );
    expect(payload.toString()).toBe('whole');
    client.close();
  });
});
