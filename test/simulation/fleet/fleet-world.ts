/** A simulated fleet: hosts over one store behind a network that fails, in virtual time, and what watches them. */
import { fleetOf } from '../../../control-plane/domain/fleet-state.js';
import { mayRecord, lastRecorded } from '../../../control-plane/domain/worker-incident.js';
import { sameValue } from '../../../control-plane/domain/same-value.js';
import { FLEET_TIMES } from '../../../control-plane/fleet/fleet-times.js';
import { START } from '../../support/domain.js';
import type { ModelServer } from '../../support/fleet/model-server.js';
import type { StoreFlaw, StoreHolder } from '../../support/fleet/store-model.js';
import { StoreNetwork } from '../../support/fleet/store-network.js';
import { VirtualTime } from '../../support/virtual-time.js';
import { Chance } from '../chance.js';
import { Ledger } from '../ledger.js';
import { FleetWrites } from './fleet-writes.js';
import { Histories, isPastOf, type Place } from './histories.js';
import { type SeeStore, SimulatedHost } from './simulated-host.js';
import { WatchedStore } from './watched-store.js';

/** What is broken on purpose, to see that the laws notice it. */
export interface Flaw {
  readonly store?: StoreFlaw;
  readonly seeStore?: SeeStore;
  /** The store may evict the lease, as it may where the lease has a TTL. */
  readonly evictsLease?: boolean;
}

const HOUR_MS = 3_600_000;
/** Events that stay in the log when a snapshot is stored; few, so that hosts have to adopt snapshots. */
const KEPT_EVENTS = [2, 10, 1_000] as const;

export class FleetWorld {
  readonly time = new VirtualTime(START);
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly histories = new Histories();
  readonly writes: FleetWrites;
  readonly network: StoreNetwork;
  readonly hosts: SimulatedHost[] = [];
  readonly flaw: Flaw;
  /** Called once, when the next append is stored and nobody knows of it yet. */
  onStored: (() => void) | null = null;
  /** When the present server last lost something, or its clock was set. */
  #troubleAt = 0;
  #splitFrom: ModelServer | null = null;

  constructor(seed: number, flaw: Flaw = {}) {
    this.flaw = flaw;
    this.chance = new Chance(seed);
    this.ledger = new Ledger(seed, () => this.time.now() - START);
    this.writes = new FleetWrites(this.ledger);
    const watch = {
      ledger: this.ledger,
      histories: this.histories,
      writes: this.writes,
      writers: new Map<number, string>(),
      carriedOut: new Map<string, string>(),
      flaws: new Set(flaw.store === undefined ? [] : [flaw.store]),
      kept: this.chance.among(...KEPT_EVENTS),
      leased: (holder: StoreHolder, id: string) => this.#requireOneLeader(holder, id),
      ended: (holder: StoreHolder, head: Place) => {
        if (holder === this.network.server) this.writes.ended(head);
        this.onStored?.();
        this.onStored = null;
      },
    };
    this.network = new StoreNetwork({
      time: this.time,
      chance: new Chance(this.chance.seed()),
      callMs: FLEET_TIMES.callMs,
      createStore: (holder) => new WatchedStore(holder, watch),
    });
    const count = this.chance.between(2, 4);
    for (let n = 1; n <= count; n += 1) this.addHost();
  }

  addHost(): SimulatedHost {
    const { time, network, ledger, histories, writes, flaw, hosts } = this;
    const deps = { time, network, ledger, histories, writes, chance: new Chance(this.chance.seed()) };
    const host = new SimulatedHost(
      `host-${hosts.length + 1}`,
      flaw.seeStore === undefined ? deps : { ...deps, seeStore: flaw.seeStore },
      {
        candidate: hosts.length < 2 || this.chance.happens(0.8),
        clockAheadMs: this.chance.among(0, 0, this.chance.between(-HOUR_MS, HOUR_MS)),
      },
    );
    hosts.push(host);
    return host;
  }

  /** Where the log ends on the server that hosts are led to. */
  get head(): Place | undefined {
    return this.histories.at(this.network.server.state.head);
  }

  get running(): readonly SimulatedHost[] {
    return this.hosts.filter(({ isRunning }) => isRunning);
  }

  get isSplit(): boolean {
    return this.#splitFrom !== null;
  }

  async pass(ms: number): Promise<void> {
    await this.time.pass(ms, () => this.ledger.verify());
    this.ledger.verify();
  }

  /** The server that hosts are led to is replaced or emptied. */
  lose(happens: () => void): void {
    happens();
    this.#troubleAt = this.time.now();
    this.writes.lost(this.head, (places) => this.#keepers(places));
  }

  /** Some hosts go on with the old server, others with a new one. */
  split(lag: number): void {
    this.#splitFrom = this.network.server;
    const staying = this.hosts.flatMap(({ process }) => process?.store.link ?? []);
    const links = new Set(staying.filter(() => this.chance.happens(0.5)));
    this.lose(() => this.network.failover(lag, 0, links));
  }

  reunite(): void {
    this.#splitFrom = null;
    this.network.reunite();
    this.#troubleAt = this.time.now();
  }

  cut(host: SimulatedHost): void {
    const link = host.process?.store.link;
    if (link === undefined) return;
    link.isCut = !link.isCut;
    this.writes.withoutKeeper(host.name);
  }

  /** Incidents of the host's process that the log neither has nor counts, though it has room for them. */
  untoldOf({ name, incidents }: SimulatedHost): number {
    const { fleet } = this.head?.state ?? {};
    const member = fleet?.hosts.find(({ host }) => host === name);
    const all = fleet?.incidents ?? [];
    if (member === undefined || !mayRecord(all, name, this.time.now())) return 0;
    return incidents - lastRecorded(all, member.incarnation);
  }

  /** What keeps the fleet from being at rest; `null`: nothing. */
  owed(): string | null {
    const { running, head } = this;
    const leaders = running.filter(({ process }) => process?.leads);
    if (leaders.length !== 1) return `${leaders.length} leaders`;
    if (head === undefined) return 'no log';
    for (const { name, place, process } of running) {
      if (place !== head) return `${name} is not at the end of the log`;
      if (process?.node.mode.kind !== 'following') return `${name} does not follow`;
      const isSame = sameValue(fleetOf(process.loop.world.state), fleetOf(head.state));
      if (!isSame) return `${name} has another state`;
    }
    return null;
  }

  /** Who could put back what is stored at one of these places. */
  #keepers(places: readonly Place[]): readonly string[] | null {
    const has = (host: SimulatedHost): boolean => places.some((place) => isPastOf(place, host.lastPlace));
    const isBehind = ({ lastPlace }: SimulatedHost): boolean =>
      lastPlace === undefined || places.some((place) => isPastOf(lastPlace, place));
    if (this.isSplit || this.hosts.some((host) => !has(host) && !isBehind(host))) return null;
    return this.hosts
      .filter((host) => host.isInContact && host.candidate && has(host))
      .map(({ name }) => name);
  }

  /** Another gets the lease: nobody whom this server told that it leads may believe so still. */
  #requireOneLeader(holder: StoreHolder, id: string): void {
    const now = this.time.now();
    for (const { name, process, isRunning, belief } of this.hosts) {
      if (!isRunning || process?.store.link.server !== holder || belief.id === id || !process.leads) continue;
      const believes =
        now < belief.until && belief.sentAt > Math.max(this.#troubleAt, process.store.link.connectedAt);
      this.ledger.require(!believes, 'one-leader-at-a-time', `${name} leads while ${id} is given the lease`);
    }
  }
}
