/** What the store of a fleet promises of replicas (`redis.wait_replicas`), with a real one that may stand still. */
import { FleetConnection } from '../../control-plane/fleet/fleet-connection.js';
import { RedisFleetStore } from '../../control-plane/fleet/redis-fleet-store.js';
import { ReplicaWatch } from '../../control-plane/fleet/replica-watch.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import type { Logger } from '../../shared/ports.js';
import { fleetStoreCalls } from '../support/fleet/store-calls.js';
import { RedisServer } from '../support/redis-server.js';
import { silence } from '../support/silence.js';
import { waitUntil } from '../support/wait-until.js';

describe('a store whose appends wait for a replica', () => {
  let redis: RedisServer;
  let replica: RedisServer;
  let connection: FleetConnection;
  let watch: ReplicaWatch;
  let store: RedisFleetStore;
  let told: ('warn' | 'info')[];
  let short: number;
  const { append, beat, found, log } = fleetStoreCalls(() => store);

  beforeAll(async () => {
    redis = await RedisServer.start();
    replica = await RedisServer.start();
    await replica.replicate(redis);
  });
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    told = [];
    short = 0;
    const logger: Logger = { ...silence, warn: () => told.push('warn'), info: () => told.push('info') };
    watch = new ReplicaWatch({ wanted: 1, logger });
    watch.onShort = () => (short += 1);
    connection = new FleetConnection({
      access: redis.access,
      name: 'test',
      timers: systemTimers,
      logger: silence,
      callMs: 1_000,
    });
    store = new RedisFleetStore(connection, watch);
    await waitUntil('the store', () => connection.control.isReady());
  });
  afterEach(async () => {
    replica.resume();
    await redis.command('ACL', 'SETUSER', 'default', '+@all');
    await store.close();
  });
  afterAll(async () => {
    await replica.dispose();
    await redis.dispose();
  });

  const onReplica = async (): Promise<number> => Number(await replica.command('XLEN', 'tidegate:{test}:log'));

  it('answers when the replica has the append, also where the script is not known', async () => {
    const epoch = await found();
    for (let seq = 11; seq < 31; seq += 1) {
      if (seq === 20) await redis.command('SCRIPT', 'FLUSH');
      expect(await append(epoch, seq, { command: seq })).toEqual({ kind: 'ok', seq: seq + 1 });
      expect(await onReplica()).toBe(seq - 9);
    }
    expect([watch.warning, told, short]).toEqual([null, [], 0]);
  });

  it('accepts what the replica does not have in time, tells it once, and that it is there again', async () => {
    const epoch = await found();
    replica.pause();
    for (const seq of [11, 12, 13]) {
      expect(await append(epoch, seq, { command: seq })).toEqual({ kind: 'ok', seq: seq + 1 });
    }
    expect(await log()).toBe('11-1 founded, 12-1 one, 13-1 one, 14-1 one');
    expect(watch.warning).toContain('0 of 1 replicas');
    expect(await beat('a')).toMatchObject({ kind: 'ok' });
    expect([watch.isShort, told, short]).toEqual([true, ['warn'], 3]);

    replica.resume();
    await waitUntil('the replica', async () => {
      await beat('a');
      return !watch.isShort;
    });
    expect([watch.warning, told, short]).toEqual([null, ['warn', 'info'], 3]);
    expect(await onReplica()).toBe(4);
  });

  it('asks nothing of appends that are refused', async () => {
    const epoch = await found();
    replica.pause();
    expect(await append(epoch, 12)).toMatchObject({ kind: 'conflict' });
    expect([watch.warning, short]).toEqual([null, 0]);
  });

  it('accepts an append though nobody may ask for replicas', async () => {
    const epoch = await found();
    await redis.command('ACL', 'SETUSER', 'default', '-wait');
    expect(await append(epoch, 11)).toEqual({ kind: 'ok', seq: 12 });
    expect(watch.warning).toContain('not known');
    expect(short).toBe(1);
  });
});
