/** Tunnels of the native engine whose peers do not read, or have ended before it began. */
import { startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { every } from '../support/slow-peer.js';
import { untilStill, waitUntil } from '../support/wait-until.js';

const ASK = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
/** More than the system holds between two sockets. */
const LARGE = Buffer.alloc(24_000_000, 'x');

describe('tunnels of the native engine', () => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  let client: RawClient;

  async function start(script: BackendScript, tunnelIdleMs: number): Promise<void> {
    backend = await startBackend(script);
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', backend.port)])], { timeouts: { tunnelIdleMs } }),
    );
    client = await connectRaw(engine.port);
  }
  const load = (): number => engine.table().pools.values().next().value?.backends[0]?.load.own ?? -1;
  const received = (): number => backend.connections[0]?.received().length ?? 0;
  afterEach(async () => {
    client.close();
    await waitUntil('no load left', () => load() === 0);
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it('is ended where both ends have ended and the backend takes nothing more', async () => {
    await start((_request, connection) => {
      connection.write(SWITCH);
      connection.socket.pause();
    }, 400);
    const counted = (): number => engine.counted('receivedBytes', 'default');
    const stall = (): Promise<number> => untilStill('the flow', counted, { forMs: 100 });
    const PIECE = 4_000;
    /** Sends so much in one go, and then piece by piece, each when the one before was read. Returns what was read in all. */
    async function fill(to: RawClient, bulk: number, pieces: number): Promise<number> {
      const before = counted();
      to.send(ASK);
      await to.until('101 Switching');
      to.socket.write(LARGE.subarray(0, bulk));
      await stall();
      for (let i = 0; i < pieces; i += 1) {
        const seen = counted();
        to.socket.write(LARGE.subarray(0, PIECE));
        for (let turn = 0; counted() === seen && turn < 500; turn += 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (counted() === seen) break;
      }
      return counted() - before;
    }
    // How much is taken for a backend that does not read is measured first.
    const bulk = (await fill(client, LARGE.length, 0)) - 600_000;
    client.close();
    const measured = await connectRaw(engine.port);
    const limit = await fill(measured, bulk, 1_000);
    measured.close();
    // Then so much that all of it is read, but not all of it sent.
    const others: RawClient[] = [];
    for (let i = 2; i <= 12; i += 2) {
      const other = await connectRaw(engine.port);
      others.push(other);
      await fill(other, bulk, Math.floor((limit - bulk) / PIECE) - i);
      other.socket.end();
    }
    await stall();
    for (const { socket } of backend.connections) socket.end();
    await waitUntil('the end of the attempts', () => load() === 0);
    for (const other of others) other.close();
  });

  it('goes on while a backend takes slowly what was sent before the end', async () => {
    await start((_request, connection) => {
      connection.write(SWITCH);
      connection.socket.pause();
      const stop = every(20, () => {
        connection.socket.resume();
        setImmediate(() => connection.socket.pause());
        if (connection.socket.destroyed) stop();
      });
    }, 1_000);
    client.send(ASK);
    await client.until('101 Switching');
    client.socket.end(LARGE.subarray(0, 6_000_000));
    await waitUntil('all of it', () => received() >= 6_000_000);
  });

  it('holds back a client whose first bytes, sent with its request, are more than the backend takes', async () => {
    await start((_request, connection) => void connection.socket.pause(), 5_000);
    client.socket.write(ASK);
    client.socket.write(LARGE);
    await backend.sees(1);
    const unsent = (): number => client.socket.writableLength;
    await untilStill('what is read beforehand', unsent, { forMs: 50 });
    backend.connections[0]?.write(SWITCH);
    await client.until('101 Switching');
    await untilStill('the flow', unsent, { forMs: 200 });
    expect(client.socket.writableLength).toBeGreaterThan(0);
    backend.connections[0]?.socket.resume();
    await waitUntil('all of it', () => received() >= LARGE.length);
  });

  it('tells a backend the end of a client that came before it agreed', async () => {
    const ends: string[] = [];
    await start((_request, connection) => void connection.socket.on('end', () => ends.push('end')), 30_000);
    client.socket.end(ASK);
    await backend.sees(1);
    await client.taken();
    backend.connections[0]?.write(SWITCH);
    await client.until('101 Switching');
    await waitUntil('the end at the backend', () => ends.length === 1);
    expect(await client.closed()).toBe('end');
  });
});
