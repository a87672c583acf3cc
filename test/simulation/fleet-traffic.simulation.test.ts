/**
 * Hosts with workers and traffic, while their store does what it likes. `TIDEGATE_SEEDS=2000` runs more seeds.
 *
 * @jest-environment ./test/support/swift-environment.cjs
 */
import { fleetOf } from '../../control-plane/domain/fleet-state.js';
import { sameValue } from '../../control-plane/domain/same-value.js';
import type { FleetOutcome } from '../../control-plane/fleet/fleet-submit.js';
import { FLEET_TIMES } from '../../control-plane/fleet/fleet-times.js';
import { backendId } from '../../shared/ids.js';
import { definition, documentOf, healthCheck, POOL, poolSettings, START } from '../support/domain.js';
import { MAX_LAG } from '../support/fleet/model-server.js';
import { NO_FAULTS, StoreNetwork } from '../support/fleet/store-network.js';
import { VirtualTime } from '../support/virtual-time.js';
import { Backends } from './backends.js';
import { Chance } from './chance.js';
import { Ledger } from './ledger.js';
import { ServingHost } from './fleet/serving-host.js';

const SEEDS = Number(process.env['TIDEGATE_SEEDS'] ?? 60);
const STEPS = 25;
const REQUEST_EVERY_MS = 40;
const PEACE_LIMIT_MS = 60_000;
const NAMES = ['a', 'b', 'c'] as const;
const API = { kind: 'api' } as const;
/** The file of each host, as operators are told to have it. */
const APPLY = {
  type: 'ApplyConfig',
  file: 'tidegate.yaml',
  sha256: 'one',
  document: documentOf(
    poolSettings({ healthCheck: healthCheck() }),
    NAMES.map((id) => definition(id)),
  ),
} as const;
const FOUNDED_BY_MS = 5_000;
const FIRST_CHECKS_MS = 1_000;

class World {
  readonly chance: Chance;
  readonly time = new VirtualTime(START);
  readonly ledger: Ledger;
  readonly network: StoreNetwork;
  readonly hosts: ServingHost[] = [];

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.ledger = new Ledger(seed, () => this.time.now() - START);
    this.network = new StoreNetwork({
      time: this.time,
      chance: new Chance(this.chance.seed()),
      callMs: FLEET_TIMES.callMs,
    });
  }

  async start(): Promise<void> {
    const backends = new Backends(new Chance(this.chance.seed()));
    const count = this.chance.between(2, 3);
    // Else the fleet has its configuration from the first write, and its first snapshot has no backends.
    const haveFile = this.chance.happens(0.5);
    for (let place = 1; place <= count; place += 1) {
      const { time, network, chance, ledger } = this;
      const host = await ServingHost.start(place, { time, network, chance, ledger, backends });
      this.hosts.push(host);
      if (haveFile) await host.process.loop.submit({ ...APPLY, actor: { kind: 'file' } });
      host.process.join();
    }
    await this.pass(FOUNDED_BY_MS);
    if (!haveFile) await this.#settled(this.hosts[0]!.process.write(APPLY, API));
    await this.pass(FIRST_CHECKS_MS);
  }

  async #settled(written: Promise<FleetOutcome>): Promise<void> {
    await this.pass(FLEET_TIMES.writeAnswerMs);
    expect(await written).toMatchObject({ kind: 'accepted' });
  }

  /** Traffic begins once backends are checked, as a start does. */
  sendTraffic(): void {
    this.time.after(REQUEST_EVERY_MS, () => {
      for (const host of this.hosts) void host.request('/x');
      this.sendTraffic();
    });
  }

  async pass(ms: number): Promise<void> {
    await this.time.pass(ms, () => this.ledger.verify());
    this.ledger.verify();
  }

  /** One backend may always be out, so that a state of another time would show. */
  write(): void {
    const { process } = this.chance.oneOf(this.hosts) ?? {};
    const of = {
      pool: POOL,
      backend: backendId(this.chance.among(...NAMES)),
      expectedVersion: null,
    } as const;
    const draining = this.chance.happens(0.3);
    const body = draining
      ? ({
          type: 'ChangeBackend',
          ...of,
          backend: backendId('c'),
          admin: this.chance.among('draining', 'ready'),
        } as const)
      : ({ type: 'ChangeBackend', ...of, changes: { weight: this.chance.between(1, 9) } } as const);
    process?.write(body, API).then(
      ({ kind }) => this.ledger.count(`write: ${kind}`),
      (error: unknown) => this.ledger.require(false, 'no-bug', String(error)),
    );
  }

  trouble(): void {
    const { chance, network } = this;
    const link = chance.oneOf(this.hosts)?.process.store.link;
    const some = (): number => chance.among(0, 0, 0.05, 0.2);
    const troubles = {
      cut: () => link !== undefined && (link.isCut = !link.isCut),
      down: () => (network.server.isUp = !network.server.isUp),
      worse: () =>
        (network.faults = {
          loseRequest: some(),
          loseAnswer: some(),
          stall: some(),
          loseBell: chance.among(0, 1),
          carryOutLate: chance.among(0, 1),
        }),
      well: () => (network.faults = NO_FAULTS),
      emptied: () => network.server.flush(),
      'two masters': () => {
        const staying = this.hosts.map(({ process }) => process.store.link);
        network.failover(chance.between(0, 3), 0, new Set(staying.filter(() => chance.happens(0.5))));
      },
      'one master': () => network.reunite(),
      'fails over': () => network.failover(chance.between(0, MAX_LAG), chance.between(-2_000, 2_000)),
      'a primary is stopped': () => chance.oneOf(this.hosts)?.process.stop(),
      'primaries go on': () => this.hosts.forEach(({ process }) => process.resume()),
      'a worker dies': () => chance.oneOf(chance.oneOf(this.hosts)?.workers ?? [])?.kill(),
    };
    const [name, happen] = chance.oneOf(Object.entries(troubles)) ?? [];
    this.ledger.step(name ?? '');
    this.ledger.count(name ?? '');
    happen?.();
  }

  /** What keeps the fleet from being at rest; `null`: nothing. */
  get owed(): string | null {
    const [first] = this.hosts;
    const leaders = this.hosts.filter(({ process }) => process.leads).length;
    if (leaders !== 1) return `${leaders} leaders`;
    for (const host of this.hosts) {
      const { name, loop, node } = host.process;
      if (node.mode.kind !== 'following') return `${name} does not follow`;
      if (!sameValue(fleetOf(loop.world.state), fleetOf(first!.process.loop.world.state))) {
        return `${name} has another state`;
      }
      if (!host.isConverged) return `a worker of ${name} is behind`;
    }
    return null;
  }

  async makePeace(): Promise<void> {
    this.ledger.step('peace');
    this.network.faults = NO_FAULTS;
    this.network.server.isUp = true;
    this.network.reunite();
    for (const { process } of this.hosts) {
      process.store.link.isCut = false;
      process.resume();
    }
    const began = this.time.now();
    while (this.owed !== null && this.time.now() - began < PEACE_LIMIT_MS) await this.pass(500);
    this.ledger.require(this.owed === null, 'converges', this.owed ?? '');
    await this.pass(0);
  }
}

async function live(seed: number): Promise<Readonly<Record<string, number>>> {
  const world = new World(seed);
  await world.start();
  world.sendTraffic();
  for (let i = 0; i < STEPS; i += 1) {
    if (world.chance.happens(0.5)) world.trouble();
    else world.write();
    await world.pass(world.chance.between(0, 1_500));
  }
  await world.makePeace();
  for (const { process } of world.hosts) for (const { type } of process.events) world.ledger.count(type);
  return world.ledger.counts;
}

describe('hosts whose store does what it likes', () => {
  it('fail no request, and have all their workers route alike in the end', async () => {
    const sum: Record<string, number> = {};
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      for (const [what, count] of Object.entries(await live(seed))) sum[what] = (sum[what] ?? 0) + count;
    }
    // A run in which nothing happens proves nothing.
    for (const what of [
      'answered 200',
      'write: accepted',
      'write: read-only',
      'snapshots sent',
      'emptied',
      'FleetAdopted',
    ]) {
      expect([what, (sum[what] ?? 0) > 0]).toEqual([what, true]);
    }
    process.stdout.write(`${JSON.stringify(sum)}\n`);
  }, 600_000);
});
