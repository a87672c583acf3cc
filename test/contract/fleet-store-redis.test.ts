import { readFileSync } from 'node:fs';
import { FleetConnection } from '../../control-plane/fleet/fleet-connection.js';
import { readSharedRedis } from '../../control-plane/fleet/redis-probe.js';
import { RedisFleetStore } from '../../control-plane/fleet/redis-fleet-store.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import type { RedisAccess } from '../../shared/redis-access.js';
import { redisHands } from '../support/fleet/redis-tried.js';
import { RedisServer } from '../support/redis-server.js';
import { silence } from '../support/silence.js';
import { waitUntil } from '../support/wait-until.js';
import { fleetStoreContract } from './fleet-store.contract.js';

let server: RedisServer;
let access: RedisAccess;
beforeAll(async () => {
  server = await RedisServer.start();
  const readme = readFileSync('README.md', 'utf8');
  const [, rights = ''] =
    /a\s+host\s+needs\s+on\s+`~tidegate:\*` and\s+`&tidegate:\*`:\s+`([^`]*)`/.exec(readme) ?? [];
  const rules = ['on', '>sesame', '~tidegate:*', '&tidegate:*', '-@all', ...rights.split(/\s+/)];
  await server.command('ACL', 'SETUSER', 'tidegate', ...rules);
  access = { ...server.access, username: 'tidegate', password: 'sesame' };
});
afterAll(async () => {
  await server.dispose();
});

describe('the store of a fleet in Redis, with the rights that README names', () => {
  fleetStoreContract(async () => {
    await server.command('FLUSHALL');
    const stores: RedisFleetStore[] = [];
    return {
      open: async () => {
        const connection = new FleetConnection({
          access,
          name: 'test',
          timers: systemTimers,
          logger: silence,
          callMs: 1_000,
        });
        const store = new RedisFleetStore(connection);
        stores.push(store);
        await waitUntil('the store', () => connection.control.isReady());
        expect(await readSharedRedis(connection, true)).toEqual({ kind: 'none' });
        return store;
      },
      ...redisHands(server),
      close: async () => {
        for (const store of stores) await store.close();
      },
    };
  });
});

it('a host of whose report a part is gone beats on', async () => {
  await server.command('FLUSHALL');
  const options = { access, name: 'test', timers: systemTimers, logger: silence, callMs: 1_000 };
  const connection = new FleetConnection(options);
  const store = new RedisFleetStore(connection);
  try {
    await waitUntil('the store', () => connection.control.isReady());
    const limits = { freshMs: 5_000, maxHosts: 9 };
    const beat = (number: number) =>
      store.beat({ host: 'a', incarnation: 'a.1', number, beat: '{}', cold: null, ...limits });
    await beat(1);
    await server.command('HDEL', 'tidegate:{test}:h:a', 'n');
    expect(await beat(2)).toMatchObject({ kind: 'ok', previous: 0 });
    expect(await beat(3)).toMatchObject({ kind: 'ok', previous: 2 });
  } finally {
    await store.close();
  }
});
