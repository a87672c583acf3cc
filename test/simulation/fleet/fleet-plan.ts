/** What happens to a simulated fleet: faults, writes and verdicts in random order, then peace, and the laws that peace restores. */
import { FLEET_TIMES } from '../../../control-plane/fleet/fleet-times.js';
import { MAX_LATE_MS, NO_FAULTS } from '../../support/fleet/store-network.js';
import { MAX_LAG } from '../../support/fleet/model-server.js';
import { type Flaw, FleetWorld } from './fleet-world.js';
import { applyOf, judge, writeOn } from './operators.js';
import type { SimulatedHost } from './simulated-host.js';

const STEPS_OF_A_LIFE = 40;
const LONGEST_PAUSE_MS = 1_500;
const HOUR_MS = 3_600_000;
/** Two leases, and the times that candidates wait. */
const LEADER_LIMIT_MS =
  2 * FLEET_TIMES.leaseMs + FLEET_TIMES.standWaitMs + FLEET_TIMES.standSpreadMs + 2 * FLEET_TIMES.beatEveryMs;
/** Until all follow. */
const PEACE_LIMIT_MS = 60_000;
const END_LIMIT_MS = 10_000;

type Step = (world: FleetWorld) => void | Promise<void>;

/** Lives through one seed. Throws with the seed and the last steps when a law is broken; answers what happened. */
export async function simulateFleet(
  seed: number,
  flaw: Flaw = {},
): Promise<Readonly<Record<string, number>>> {
  const world = new FleetWorld(seed, flaw);
  for (const host of world.hosts) await start(world, host);
  await world.pass(world.chance.among(0, 2_000, 5_000));
  const steps = flaw.evictsLease === true ? [...STEPS, EVICTION] : STEPS;
  const total = steps.reduce((sum, [weight]) => sum + weight, 0);
  for (let i = 0; i < STEPS_OF_A_LIFE; i += 1) {
    let left = world.chance.random() * total;
    const chosen = steps.find(([weight]) => (left -= weight) < 0) ?? steps[0];
    world.ledger.step(chosen?.[1] ?? '');
    await chosen?.[2](world);
    await world.pass(world.chance.between(0, world.chance.happens(0.2) ? 20 : LONGEST_PAUSE_MS));
  }
  await makePeace(world);
  return world.ledger.counts;
}

const STEPS: readonly (readonly [weight: number, name: string, step: Step])[] = [
  [14, 'a write', (world) => void writeOn(world)],
  [
    4,
    'writes at once',
    (world) => {
      for (let i = world.chance.between(2, 5); i > 0; i -= 1) void writeOn(world);
    },
  ],
  [
    8,
    'verdicts',
    (world) => {
      for (const host of world.running) judge(world, host);
    },
  ],
  [3, 'a host is killed', (world) => someHost(world)?.kill()],
  [1, 'a host ends', (world) => someHost(world)?.end()],
  [6, 'a host starts', (world) => startOne(world)],
  [2, 'a host is stopped', (world) => someHost(world)?.stop()],
  [3, 'a host wakes', (world) => world.hosts.find(({ isStopped }) => isStopped)?.resume()],
  [2, 'the leader is stopped', (world) => world.running.find(({ process }) => process?.leads)?.stop()],
  [2, 'the leader is killed', (world) => world.running.find(({ process }) => process?.leads)?.kill()],
  [
    3,
    'a link is cut or mended',
    (world) => {
      const host = someHost(world);
      if (host !== undefined) world.cut(host);
    },
  ],
  [2, 'a connection breaks', (world) => someHost(world)?.process?.store.link.break()],
  [
    3,
    'the network gets worse',
    ({ network, chance }) => {
      const some = (): number => chance.among(0, 0, 0.05, 0.2);
      network.faults = {
        loseRequest: some(),
        loseAnswer: some(),
        stall: some(),
        loseBell: chance.among(0, 0.2, 1),
        carryOutLate: chance.among(0, 0.5, 1),
      };
    },
  ],
  [
    3,
    'the network is well',
    ({ network }) => {
      network.faults = NO_FAULTS;
    },
  ],
  [
    1,
    'the store is down',
    ({ network }) => {
      network.server.isUp = false;
    },
  ],
  [
    2,
    'the store is up',
    ({ network }) => {
      network.server.isUp = true;
    },
  ],
  [0.7, 'the store is emptied', (world) => world.lose(() => world.network.server.flush())],
  [1.5, 'the store fails over', (world) => failover(world)],
  [1.5, 'the store fails over as it stores a write', (world) => failoverAmidWrite(world)],
  [
    1,
    'the store begins with an older state',
    (world) => world.lose(() => world.network.failover(world.chance.between(1, MAX_LAG), 0)),
  ],
  [
    0.7,
    'the clock of the store steps',
    (world) => world.lose(() => world.network.server.stepClock(clockStep(world))),
  ],
  [
    0.7,
    'two masters',
    (world) => {
      if (!world.isSplit) world.split(world.chance.between(0, 3));
    },
  ],
  [
    1.5,
    'one master',
    (world) => {
      if (world.isSplit) world.reunite();
    },
  ],
  [
    1,
    'a disk is full or not',
    (world) => {
      const disk = world.chance.oneOf(world.hosts)?.disk;
      if (disk !== undefined) disk.full = !disk.full;
    },
  ],
  [
    1,
    'a disk is slow',
    (world) => {
      const disk = world.chance.oneOf(world.hosts)?.disk;
      if (disk !== undefined) disk.slowMs = world.chance.among(0, 20, 800);
    },
  ],
  [
    0.5,
    'a host is new',
    async (world) => {
      if (world.hosts.length < 5) await start(world, world.addHost());
    },
  ],
];

const EVICTION = [
  3,
  'the lease is evicted',
  (world: FleetWorld) => world.network.server.evictLease(),
] as const;

function someHost(world: FleetWorld): SimulatedHost | undefined {
  return world.chance.oneOf(world.running);
}

function failover(world: FleetWorld): void {
  const lag = world.chance.among(0, 1, 2, world.chance.between(3, MAX_LAG));
  const step = world.chance.happens(0.3) ? clockStep(world) : world.chance.between(-20, 20);
  world.lose(() => world.network.failover(lag, step));
}

/** The leader may end for the same reason, by itself or killed. */
function failoverAmidWrite(world: FleetWorld): void {
  const { chance, time, network } = world;
  const lag = chance.between(1, 4);
  const leader = world.running.find(({ process }) => process?.leads);
  const end = chance.among(
    null,
    (host: SimulatedHost) => host.kill(),
    (host: SimulatedHost) => host.end(),
  );
  void writeOn(world, chance.oneOf(world.running.filter((host) => host !== leader || chance.happens(0.3))));
  world.onStored = () => {
    time.after(0, () => {
      world.lose(() => network.failover(lag, 0));
      if (leader !== undefined && leader.isRunning) end?.(leader);
    });
  };
}

function clockStep({ chance }: FleetWorld): number {
  return chance.among(-1, 1) * chance.among(chance.between(500, 20_000), HOUR_MS);
}

async function startOne(world: FleetWorld): Promise<void> {
  const host = world.chance.oneOf(world.hosts.filter(({ process }) => process === null));
  if (host !== undefined) await start(world, host);
}

/** A host that never belonged to a fleet may have a configuration of its own. */
async function start(world: FleetWorld, host: SimulatedHost): Promise<void> {
  if (host.disk.full || host.disk.lost) return;
  const slowMs = host.disk.slowMs;
  host.disk.slowMs = 0;
  const isFirst = host.disk.events.length === 0;
  await host.start(async ({ loop }) => {
    if (!isFirst || world.chance.happens(0.5)) return;
    await loop.submit({ ...applyOf(world), actor: { kind: 'file' } });
  });
  host.disk.slowMs = slowMs;
}

async function makePeace(world: FleetWorld): Promise<void> {
  const { ledger, network, hosts, time, writes } = world;
  ledger.step('peace');
  world.onStored = null;
  network.faults = NO_FAULTS;
  network.server.isUp = true;
  if (world.isSplit) world.reunite();
  for (const host of hosts) {
    host.disk.full = false;
    host.disk.slowMs = 0;
    if (host.process !== null) host.process.store.link.isCut = false;
    if (host.isStopped) host.resume();
  }
  for (const host of hosts) host.calmSince = time.now();
  const ends = hosts.filter(({ endsSince }) => endsSince !== null);
  if (ends.length > 0) await world.pass(END_LIMIT_MS);
  ledger.require(
    ends.every(({ process }) => process === null),
    'hosts-stop',
    `${ends.length} were told to end`,
  );
  for (const host of hosts) if (host.process === null) await start(world, host);
  const began = time.now();
  // Whoever leads by now may find that the lease is over, because the store's clock was set.
  await world.pass(FLEET_TIMES.renewEveryMs + FLEET_TIMES.callMs);
  const hasLeader = (): boolean => world.running.some(({ process }) => process?.leads);
  while (!hasLeader() && time.now() - began < LEADER_LIMIT_MS) await world.pass(500);
  ledger.require(hasLeader(), 'converges', `no leader ${LEADER_LIMIT_MS} ms after the last fault`);
  let owed = world.owed();
  // What a dead connection had sent may be carried out still, such as a second call for the own lease, which ends the first.
  const isCalm = (): boolean => owed === null && time.now() - began > MAX_LATE_MS;
  while (!isCalm() && time.now() - began < PEACE_LIMIT_MS) {
    await world.pass(500);
    owed = world.owed();
  }
  ledger.require(owed === null, 'converges', owed ?? '');
  await world.pass(0);
  await writeInPeace(world);
  writes.requireAll(world.head);
  await world.pass(0);
}

/** Writes work on every host, and reach all. */
async function writeInPeace(world: FleetWorld): Promise<void> {
  const outcomes = world.running.flatMap((host) => writeOn(world, host) ?? []);
  await world.pass(FLEET_TIMES.writeAnswerMs + FLEET_TIMES.beatEveryMs);
  world.ledger.require(world.writes.open.length === 0, 'writes-are-answered', world.writes.open.join());
  world.ledger.verify();
  const told = await Promise.all(outcomes);
  const isDecided = told.every((outcome) => outcome.kind === 'accepted' || outcome.kind === 'rejected');
  world.ledger.require(
    isDecided,
    'converges',
    `writes in peace: ${told.map((outcome) => outcome.kind).join()}`,
  );
  world.ledger.require(world.owed() === null, 'converges', world.owed() ?? '');
  for (const host of world.running) {
    const told = world.untoldOf(host);
    world.ledger.require(told === 0, 'incidents-are-told-once', `${told} of ${host.name} are not told`);
  }
}
