/** A bug in what a socket leads to ends that connection, is told, and ends nothing else: not the process, not its neighbours. */
import * as net from 'node:net';
import { ClientSocket } from '../../data-plane/http1/client-socket.js';
import type { EngineParts } from '../../data-plane/http1/engine-parts.js';
import { ReadBuffers } from '../../data-plane/http1/read-buffers.js';
import { Scratch } from '../../data-plane/http1/scratch.js';
import { TimerWheel } from '../../data-plane/http1/timer-wheel.js';
import type { UpstreamUser } from '../../data-plane/http1/upstream-connection.js';
import { UpstreamConnections } from '../../data-plane/http1/upstream-connections.js';
import { type BackendEntry, applySnapshot } from '../../data-plane/routing/routing-table.js';
import { seededRandom } from '../../shared/prng.js';
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { listen } from '../support/listen.js';
import { connectRaw, exchangeRaw, openTcp, type RawClient } from '../support/raw-client.js';
import { backendAt, forwardingSettings, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

const BUG = new Error('expected');

function fail(): never {
  throw BUG;
}

describe('a socket whose handler throws', () => {
  const bugs: unknown[] = [];
  let wheel: TimerWheel;
  let parts: Pick<EngineParts, 'wheel' | 'buffers' | 'bug'>;
  let backend: BackendServer;

  beforeEach(async () => {
    bugs.length = 0;
    const bug = (error: unknown): number => bugs.push(error);
    wheel = new TimerWheel(() => performance.now(), bug);
    wheel.start();
    parts = { wheel, buffers: new ReadBuffers(), bug };
    backend = await startBackend((_request, connection) => {
      connection.write(answer('ok'));
    });
  });
  afterEach(async () => {
    wheel.stop();
    await backend.close();
  });

  describe('of a client', () => {
    type Place = 'received' | 'ended' | 'drained' | 'closed' | 'turn' | 'expired';

    class Failing extends ClientSocket {
      readonly #place: Place;

      constructor(socket: net.Socket, place: Place) {
        super(parts as EngineParts, socket, false);
        this.#place = place;
      }
      expired(): void {
        this.#at('expired');
      }
      protected received(): void {
        this.#at('received');
      }
      protected ended(): void {
        this.#at('ended');
      }
      protected drained(): void {
        this.#at('drained');
      }
      protected closed(): void {
        this.#at('closed');
      }
      protected turn(): void {
        this.#at('turn');
      }
      takeTurn(): void {
        this.guardTurn();
      }
      #at(place: Place): void {
        if (place === this.#place) fail();
      }
    }

    it.each<[Place, (client: net.Socket, served: Failing) => void]>([
      ['received', (client) => client.write('x')],
      ['ended', (client) => client.end()],
      [
        'drained',
        (client, served) => {
          client.resume();
          served.write(Buffer.alloc(8_000_000));
        },
      ],
      ['closed', (client) => client.destroy()],
      ['turn', (_client, served) => served.takeTurn()],
      ['expired', (_client, served) => served.setDeadline(1)],
    ])('at %s is cut', async (place, provoke) => {
      let served: Failing | null = null;
      const accepting = net.createServer({ allowHalfOpen: true }, (socket) => {
        served = new Failing(socket, place);
        if (place === 'closed') socket.on('end', () => socket.destroy());
      });
      const server = await listen(accepting);
      const client = openTcp(server.port);
      const connection = await waitUntil<Failing | null>('the connection', () => served);
      provoke(client, connection);
      await waitUntil('the end', () => connection.socket.destroyed);
      await waitUntil('the bug', () => bugs.length > 0);
      expect(bugs).toEqual([BUG]);
      client.destroy();
      await server.close();
    });
  });

  describe('of a backend', () => {
    function entry(): BackendEntry {
      const place = { worker: 1, workers: 1, random: seededRandom(1), at: 0 };
      const table = applySnapshot(null, snapshotOf([poolOf([backendAt('a', backend.port)])]), place);
      const [found] = [...table.pools.values()].flatMap(({ backends }) => backends);
      if (found === undefined) throw new Error('no backend');
      return found;
    }

    it.each<[keyof UpstreamUser, (socket: net.Socket) => void]>([
      ['upstreamConnected', () => undefined],
      ['upstreamBytes', (socket) => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
      ['upstreamDrained', (socket) => socket.write(Buffer.alloc(8_000_000))],
      ['upstreamEnded', () => backend.connections[0]?.socket.end()],
      ['upstreamClosed', () => backend.connections[0]?.socket.resetAndDestroy()],
    ])('at %s is cut, and its user told', async (place, provoke) => {
      const connections = new UpstreamConnections({
        context: { lookup: fail, random: () => 0.5 },
        wheel,
        scratch: new Scratch(),
        buffers: parts.buffers,
        bug: parts.bug,
      });
      const lost: unknown[] = [];
      const user: UpstreamUser = {
        upstreamConnected: () => undefined,
        upstreamBytes: () => undefined,
        upstreamEnded: () => undefined,
        upstreamClosed: () => undefined,
        upstreamDrained: () => undefined,
        upstreamLost: (error) => lost.push(error),
        [place]: fail,
      };
      const connection = connections.open(entry(), user, forwardingSettings());
      await waitUntil('the connection', () => connection.connected && backend.connections.length > 0);
      provoke(connection.socket);
      await waitUntil('the end', () => connection.socket.destroyed);
      await waitUntil('the bug', () => lost.length > 0);
      expect(lost).toEqual([BUG]);
      expect(bugs).toEqual([]);
    });
  });
});

/** Faults in what the engine is given, where only a timer or the end of a socket leads to them. */
describe('the native engine with a bug', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let isBroken = false;
  const clients: RawClient[] = [];

  async function start(): Promise<void> {
    backend = await startBackend(({ target }) => (target === '/' ? answer('ok') : undefined));
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', backend.port)])], {
        retry: { attempts: 1 },
        timeouts: { requestHeadMs: 100, responseHeadMs: 100 },
      }),
    );
    const { counters } = engine.context.series;
    const add = counters.add.bind(counters);
    counters.add = (slot, count) => {
      if (isBroken && slot !== engine.context.series.internalErrors) fail();
      add(slot, count);
    };
  }
  afterEach(async () => {
    isBroken = false;
    for (const client of clients.splice(0)) client.close();
    await engine.close();
    await backend.close();
  });

  it.each([
    ['a late head', 'GET / HT', () => undefined],
    ['a late answer', 'GET /late HTTP/1.1\r\nHost: a\r\n\r\n', () => undefined],
    [
      'a backend that ends',
      'GET /late HTTP/1.1\r\nHost: a\r\n\r\n',
      () => backend.connections.at(-1)?.socket.destroy(),
    ],
    [
      'a client that ends',
      'GET /late HTTP/1.1\r\nHost: a\r\n\r\n',
      () => clients.at(-1)?.socket.resetAndDestroy(),
    ],
  ])('loses a client with %s, and no other', async (_what, bytes, then) => {
    await start();
    const client = await connectRaw(engine.port);
    clients.push(client);
    client.send(bytes);
    if (bytes.includes('/late')) await backend.sees(1);
    else await waitUntil('the connection', () => engine.forwarder.connections() === 1);
    isBroken = true;
    then();
    await client.closed();
    await waitUntil('the end of it', () => engine.forwarder.connections() === 0);
    isBroken = false;
    expect(engine.counted('internalErrors')).toBeGreaterThan(0);
    expect(engine.complaints[0]).toContain('expected');
    expect(await exchangeRaw(engine.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(
      /ok$/,
    );
  });
});
