/** Connections to backends between two requests: one that is about to be gone must not be handed out. */
import { ReadBuffers } from '../../data-plane/http1/read-buffers.js';
import { Scratch } from '../../data-plane/http1/scratch.js';
import { TimerWheel } from '../../data-plane/http1/timer-wheel.js';
import type { UpstreamConnection } from '../../data-plane/http1/upstream-connection.js';
import { UpstreamConnections, type UpstreamTaker } from '../../data-plane/http1/upstream-connections.js';
import { applySnapshot, type BackendEntry } from '../../data-plane/routing/routing-table.js';
import { seededRandom } from '../../shared/prng.js';
import { startBackend, type BackendServer } from '../support/backend-server.js';
import { backendAt, forwardingSettings, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

const SETTINGS = forwardingSettings();
const NOBODY: UpstreamTaker = {
  mayRepeat: () => true,
  upstreamConnected: () => undefined,
  upstreamBytes: () => undefined,
  upstreamEnded: () => undefined,
  upstreamClosed: () => undefined,
  upstreamDrained: () => undefined,
  upstreamLost: (error) => {
    throw error;
  },
};

describe('idle connections to backends', () => {
  const bugs: unknown[] = [];
  let server: BackendServer;
  let backend: BackendEntry;
  let connections: UpstreamConnections;

  beforeEach(async () => {
    server = await startBackend(() => undefined);
    const place = { worker: 1, workers: 1, random: seededRandom(1), at: 0 };
    const table = applySnapshot(null, snapshotOf([poolOf([backendAt('a', server.port)])]), place);
    const [entry] = [...table.pools.values()].flatMap(({ backends }) => backends);
    if (entry === undefined) throw new Error('no backend');
    backend = entry;
    const bug = (error: unknown): void => void bugs.push(error);
    connections = new UpstreamConnections({
      context: { lookup: () => bug('a name was looked up'), random: () => 0.5 },
      wheel: new TimerWheel(() => 0, bug),
      scratch: new Scratch(),
      buffers: new ReadBuffers(),
      bug,
    });
  });
  afterEach(async () => {
    connections.destroyIdle();
    await server.close();
    expect(bugs).toEqual([]);
  });
  async function idle(): Promise<UpstreamConnection> {
    const connection = connections.open(backend, NOBODY, SETTINGS);
    await waitUntil('the connection', () => connection.connected);
    connections.put(connection, SETTINGS);
    return connection;
  }

  it('hands out the one that was used last', async () => {
    const older = await idle();
    const newer = await idle();
    expect(connections.take(backend, NOBODY)).toBe(newer);
    expect(connections.take(backend, NOBODY)).toBe(older);
    expect(connections.take(backend, NOBODY)).toBeNull();
    older.destroy();
    newer.destroy();
  });

  it('does not hand out one whose time is over, although it is not closed yet', async () => {
    const good = await idle();
    const old = await idle();
    old.expired();
    expect(connections.take(backend, NOBODY)).toBe(good);
    expect(connections.take(backend, NOBODY)).toBeNull();
    good.destroy();
  });

  it.each(['end', 'reset'])('does not hand out one that its backend has just ended by %s', async (how) => {
    const connection = await idle();
    const { promise, resolve } = Promise.withResolvers<UpstreamConnection | null>();
    connection.socket.once(how === 'end' ? 'end' : 'error', () => resolve(connections.take(backend, NOBODY)));
    await waitUntil('the backend', () => server.connections.length === 1);
    if (how === 'end') server.connections[0]?.socket.end();
    else server.connections[0]?.socket.resetAndDestroy();
    expect(await promise).toBeNull();
  });
});
