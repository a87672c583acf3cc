import { expectKept, expectSound, logOf } from '../support/fleet/fleet-log.js';
import { FleetRig, type RigHost } from '../support/fleet/fleet-rig.js';
import { WeightWriter } from '../support/fleet/weight-writer.js';
import { canHaveNetworks, type NetworkLink, NetworkNamespace } from '../support/network-namespace.js';
import { RedisServer } from '../support/redis-server.js';
import { waitUntil } from '../support/wait-until.js';

/**
 * Redis in a network of its own, where each host has a link to it that can fail, and the test one that does not. Clients and backends
 * are reached otherwise. Steady traffic and writes on both hosts.
 */
(canHaveNetworks() ? describe : describe.skip)('a fleet whose link to Redis', () => {
  let network: NetworkNamespace;
  let redis: RedisServer;
  let rig: FleetRig;
  let links: ReadonlyMap<string, NetworkLink>;
  let writers: readonly WeightWriter[];

  beforeAll(async () => {
    network = await NetworkNamespace.create();
    const place = { host: network.link().address, enter: network.enter };
    redis = await RedisServer.start({ bind: '0.0.0.0', 'protected-mode': 'no' }, place);
    links = new Map(['host-a', 'host-b'].map((host) => [host, network.link()]));
    const where = (host: string): string => `url: "redis://${links.get(host)!.address}:${redis.port}"`;
    rig = await FleetRig.start({ server: redis, where });
    writers = [new WeightWriter(rig.hosts[0], 'app2'), new WeightWriter(rig.hosts[1], 'app3')];
  });
  afterAll(async () => {
    await rig.dispose();
    await redis.dispose();
    await network.dispose();
  });

  const linkOf = ({ name }: RigHost): NetworkLink => links.get(name)!;

  /** Nothing of the traffic may be lost, and no write that was acknowledged. */
  async function underLoad(fault: () => Promise<void>): Promise<void> {
    rig.startLoad();
    await rig.goOn();
    for (const writer of writers) writer.start();
    await fault();
    for (const link of links.values()) link.mend();
    await rig.untilWritable();
    for (const writer of writers) await writer.stop();
    const log = await logOf(rig);
    expectSound(log);
    for (const { backend, answers } of writers) expectKept(log, backend, answers);
    await rig.goOn();
    await rig.expectNoLoss();
  }

  /** Waits until the other host leads. Answers until when the lease lasted that was in force, and its epoch. */
  async function lastLease(other: RigHost): Promise<{ readonly epoch: number; readonly until: number }> {
    const lease = async (): Promise<{ epoch: number; until: number }> => {
      const [epoch, until] = (await redis.command('HMGET', rig.key('lease'), 'epoch', 'until')) as string[];
      return { epoch: Number(epoch), until: Number(until) };
    };
    let last = await lease();
    await waitUntil(`${other.name} to lead`, async () => {
      const now = await lease();
      if (now.epoch !== last.epoch) return (await rig.leader()) === other;
      last = now;
      return false;
    });
    return last;
  }

  it.each<readonly [what: string, fault: (link: NetworkLink) => void]>([
    ['loses everything', (link) => link.lose('all')],
    ['loses the answers', (link) => link.lose('answers')],
  ])('%s while the host leads: another leads, and it appends nothing after its lease', (_what, fault) =>
    underLoad(async () => {
      const [leader, other] = await rig.roles();
      fault(linkOf(leader));
      const { epoch, until } = await lastLease(other);
      await rig.untilReadOnly(leader);
      await rig.untilWritten(other);
      linkOf(leader).mend();
      await rig.untilWritable();
      const term = (await logOf(rig)).filter((entry) => entry.epoch === epoch);
      expect(term.length).toBeGreaterThan(0);
      expect(term.filter(({ event }) => event.at > until)).toEqual([]);
    }),
  );

  it('is down while the host follows: the leader goes on, and it follows when the link is back', () =>
    underLoad(async () => {
      const [leader, other] = await rig.roles();
      linkOf(other).unplug();
      await rig.untilReadOnly(other);
      await rig.untilWritten(leader);
      expect(await rig.leader()).toBe(leader);
    }));

  it('loses everything on all hosts: they serve, refuse writes, and go on where they were', () =>
    underLoad(async () => {
      for (const link of links.values()) link.lose('all');
      for (const host of rig.hosts) await rig.untilReadOnly(host);
      await rig.goOn();
    }));
});
