import { FleetRig } from '../support/fleet/fleet-rig.js';
import { underLoad } from '../support/fleet/under-load.js';
import { waitUntil } from '../support/wait-until.js';

/** What happens to Redis itself, with steady traffic on two hosts that share it. */
describe('a fleet whose Redis', () => {
  let rig: FleetRig;
  beforeAll(async () => {
    rig = await FleetRig.start();
  });
  afterAll(async () => {
    await rig.dispose();
  });

  it('is slow serves as before', () =>
    underLoad(rig, async () => {
      for (const { proxy } of rig.hosts) proxy.delayMs = 200;
      await rig.goOn(500);
      await rig.untilWritable();
      for (const { proxy } of rig.hosts) proxy.delayMs = 0;
    }));

  it('hangs serves as before, refuses writes, and follows by itself when it goes on', () =>
    underLoad(rig, async () => {
      rig.redis.pause();
      for (const host of rig.hosts) await rig.untilReadOnly(host);
      await rig.goOn();
      rig.redis.resume();
    }));

  it('is killed serves as before, and restarted empty has what the hosts knew', () =>
    underLoad(rig, async () => {
      await rig.redis.kill();
      for (const host of rig.hosts) await rig.untilReadOnly(host);
      await rig.redis.restart();
    }));

  it('was emptied has what the hosts knew', () =>
    underLoad(rig, async () => {
      const [, other] = await rig.roles();
      await rig.write(other);
      const { weight } = await other.tidegate.backend('app1');
      await rig.redis.command('FLUSHALL');
      await rig.untilWritable();
      const events = await other.tidegate.events('&type=HistoryLost');
      expect(events.length).toBeGreaterThan(0);
      expect(weight).toBeGreaterThan(0);
    }));

  it('forgot its scripts goes on', () =>
    underLoad(rig, async () => {
      await rig.redis.command('SCRIPT', 'FLUSH');
    }));

  it('has no memory left goes on to elect and to write', () =>
    underLoad(rig, async () => {
      for (const policy of ['noeviction', 'volatile-ttl', 'volatile-lru']) {
        await rig.redis.config('maxmemory-policy', policy);
        await rig.redis.config('maxmemory', '1mb');
        await rig.untilWritable();
        await rig.goOn(100);
      }
      await rig.redis.config('maxmemory', '0');
    }));

  it('cannot write to its disk, or misses its replicas, says why and loses nothing', () =>
    underLoad(rig, async () => {
      await rig.redis.config('min-replicas-to-write', '1');
      const [, other] = await rig.roles();
      await rig.untilReadOnly(other);
      await rig.redis.config('min-replicas-to-write', '0');
    }));

  it('forbids a command, or this user at all, loses nothing', () =>
    underLoad(rig, async () => {
      const [, other] = await rig.roles();
      await rig.redis.command('ACL', 'SETUSER', 'default', '-xadd');
      await rig.goOn(500);
      await waitUntil('a refusal that names the command', async () => {
        const { status, body } = await rig.write(other);
        return status === 503 && String(body.detail).includes('its access list forbids the command XADD');
      });
      await rig.redis.command('ACL', 'SETUSER', 'default', '+@all');
    }));

  it('became a replica is written again once it is a master', () =>
    underLoad(rig, async () => {
      await rig.redis.command('REPLICAOF', '127.0.0.1', '1');
      for (const host of rig.hosts) await rig.untilReadOnly(host);
      await rig.redis.command('REPLICAOF', 'NO', 'ONE');
    }));

  it('has a lease of the far future has a leader all the same', () =>
    underLoad(rig, async () => {
      const [leader] = await rig.roles();
      await rig.redis.command(
        'HSET',
        rig.key('lease'),
        'until',
        '9999999999999',
        'id',
        'nobody',
        'host',
        'gone',
      );
      await rig.goOn();
      expect(leader.name).toMatch(/^host-/);
    }));
});
