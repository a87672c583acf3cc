import { FleetConnection } from '../../control-plane/fleet/fleet-connection.js';
import { systemTimers } from '../../shared/platform/system-clock.js';
import type { Logger } from '../../shared/ports.js';
import { RedisServer } from '../support/redis-server.js';
import { silence } from '../support/silence.js';
import { waitUntil } from '../support/wait-until.js';

describe('the connections of a fleet', () => {
  let redis: RedisServer;
  let connection: FleetConnection;
  let told: string[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(() => {
    told = [];
    const tell = (_fields: object, text: string): void => void told.push(text);
    const logger: Logger = { ...silence, warn: tell, info: tell };
    connection = new FleetConnection({
      access: redis.access,
      name: 'test',
      timers: systemTimers,
      logger,
      callMs: 1_000,
    });
  });
  afterEach(async () => {
    connection.close();
    await redis.command('ACL', 'SETUSER', 'default', '+@all');
  });
  afterAll(() => redis.dispose());

  const listeners = async (): Promise<number> => {
    const [, count] = (await redis.command('PUBSUB', 'NUMSUB', connection.keyOf('bell'))) as unknown[];
    return Number(count);
  };

  it('tell each time that the bell cannot be heard, and that it is heard again', async () => {
    const deaf = 'the bell of the fleet cannot be heard';
    const again = 'the bell of the fleet is heard again';
    const aboutBell = (): string[] => told.filter((text) => text.includes('bell'));
    for (const round of [1, 2]) {
      await redis.command('ACL', 'SETUSER', 'default', '-subscribe');
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await waitUntil('the operator to be told', () => aboutBell().length === 2 * round - 1);
      await redis.command('ACL', 'SETUSER', 'default', '+@all');
      await waitUntil('the bell to be heard', async () => (await listeners()) === 1);
      await waitUntil('the operator to be told', () => aboutBell().length === 2 * round);
    }
    expect(aboutBell()).toEqual([deaf, again, deaf, again]);
  });
});
