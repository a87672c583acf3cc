/** How long a connection to a backend is used, and where the next one goes when its name has moved. */
import type { LookupFunction } from 'node:net';
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { ENGINES, type EngineUnderTest } from '../support/engine-under-test.js';
import { exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const NAME = 'moving.test';

describe.each(ENGINES)('connections of the %s engine to a backend', (_name, startEngine) => {
  const servers: BackendServer[] = [];
  let engine: EngineUnderTest;
  /** What the name stands for. */
  let addresses: readonly string[];
  let lookups = 0;

  const lookup: LookupFunction = (name, options, callback) => {
    lookups += 1;
    expect(name).toBe(NAME);
    const all = addresses.map((address) => ({ address, family: 4 }));
    setImmediate(() => {
      if (options.all === true) callback(null, all);
      else callback(null, all[0]?.address ?? '', 4);
    });
  };

  async function start(limits: ForwardingChanges['limits'], host = '127.0.0.1'): Promise<void> {
    const first = await startBackend(() => answer('first'));
    const second = await startBackend(() => answer('second'), { port: first.port, host: '127.0.0.2' });
    servers.push(first, second);
    addresses = ['127.0.0.1'];
    lookups = 0;
    const address = { protocol: 'http', host, port: first.port } as const;
    const timeouts = { upstreamKeepAliveMs: 60_000 };
    engine = await startEngine(
      snapshotOf([poolOf([backendAt('a', first.port, { address })])], { limits: limits ?? {}, timeouts }),
      { lookup },
    );
  }
  const ask = (): Promise<string> => exchangeRaw(engine.port, GET);
  const opened = (): number => servers[0]?.connections.length ?? 0;

  afterEach(async () => {
    expect(engine.complaints).toEqual([]);
    await engine.close();
    for (const server of servers.splice(0)) await server.close();
  });

  it('are closed after their share of requests', async () => {
    await start({ upstreamRequestsPerConnection: 3 });
    for (let asked = 0; asked < 7; asked += 1) expect(await ask()).toMatch(/first$/);
    expect(opened()).toBe(3);
    const [one] = servers[0]?.connections ?? [];
    await waitUntil('the end of the first', () => one?.socket.destroyed);
  });

  it('are not used for ever, however busy they are', async () => {
    await start({ upstreamConnectionAgeMs: 200 });
    await waitUntil('a third connection', async () => {
      expect(await ask()).toMatch(/first$/);
      return opened() === 3;
    });
    expect(servers[0]?.requests.length).toBeGreaterThan(3);
  });

  it('are closed when they are old, in use or not', async () => {
    await start({ upstreamConnectionAgeMs: 200 });
    await ask();
    const [one] = servers[0]?.connections ?? [];
    await waitUntil('its end', () => one?.socket.destroyed);
  });

  it('follow the name of the backend to another address', async () => {
    await start({ upstreamConnectionAgeMs: 300 }, NAME);
    expect(await ask()).toMatch(/first$/);
    addresses = ['127.0.0.2'];
    await waitUntil('an answer of the other address', async () => (await ask()).endsWith('second'));
    for (let asked = 0; asked < 5; asked += 1) expect(await ask()).toMatch(/second$/);
    const told = engine.outcomes().flatMap(({ resolved }) => (resolved === undefined ? [] : [resolved]));
    expect(told.slice(-1)).toEqual([['127.0.0.2']]);
  });

  it('stay where they are meanwhile', async () => {
    await start({}, NAME);
    expect(await ask()).toMatch(/first$/);
    addresses = ['127.0.0.2'];
    for (let asked = 0; asked < 5; asked += 1) expect(await ask()).toMatch(/first$/);
  });

  it('resolve the name for each connection, and never for a request', async () => {
    await start({ upstreamRequestsPerConnection: 5 }, NAME);
    for (let asked = 0; asked < 10; asked += 1) await ask();
    expect(lookups).toBe(2);
  });
});
