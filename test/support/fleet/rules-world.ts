/**
 * Three hosts, one store and everything that may go wrong between them, by the seed: lost and late calls, cuts, kills, hangs, a
 * server that is flushed, or that gives way to one that lacks writes and has another clock. After a while there is peace, and
 * the hosts have to be one fleet again.
 */
import { fleetMode } from '../../../control-plane/fleet/fleet-mode.js';
import { FLEET_TIMES } from '../../../control-plane/fleet/fleet-times.js';
import { placeOf } from '../../../control-plane/fleet/follow-plan.js';
import { Chance } from '../../simulation/chance.js';
import { VirtualTime } from '../virtual-time.js';
import type { ActingHost, RulesFlaw, RulesFleet } from './rules-fleet.js';
import { RulesHost } from './rules-host.js';
import { RulesTroubles } from './rules-troubles.js';
import { RulesLedger, RuleViolation, WatchedStore } from './rules-ledger.js';
import type { StoreFlaw } from './store-model.js';
import { NO_FAULTS, StoreNetwork } from './store-network.js';

const HOSTS = ['a', 'b', 'c'];
const FAULTS_MS = 45_000;
/** Calls that are carried out late, a lease, and the longest that one stands back for another. */
const PEACE_MS = 25_000;
const QUIET_MS = 4_000;

export interface RulesRun {
  /** The law that was broken, or `null`. */
  readonly violation: string | null;
  /** How often what happened. */
  readonly counts: ReadonlyMap<string, number>;
  readonly told: readonly string[];
}

export function runRules(seed: number, flaws: readonly RulesFlaw[] = [], isTold = false): RulesRun {
  const world = new RulesWorld(seed, new Set(flaws), isTold);
  let violation: string | null = null;
  try {
    world.run();
  } catch (error) {
    if (!(error instanceof RuleViolation)) throw error;
    violation = error.message;
  }
  return { violation, counts: world.counts, told: world.told };
}

class RulesWorld implements RulesFleet {
  readonly time = new VirtualTime(1_000_000_000);
  readonly times = FLEET_TIMES;
  readonly chance: Chance;
  readonly network: StoreNetwork;
  readonly ledger = new RulesLedger();
  readonly flaws: ReadonlySet<RulesFlaw>;
  readonly snapshots: RulesFleet['snapshots'] = new Map();
  readonly counts = new Map<string, number>();
  readonly told: string[] = [];
  disturbances = 0;
  maxHosts: number;
  isBusy = true;
  readonly #isTold: boolean;
  readonly #hosts: readonly RulesHost[];
  readonly #better = new Map<ActingHost, string>();
  #number = 0;

  constructor(seed: number, flaws: ReadonlySet<RulesFlaw>, isTold: boolean) {
    this.#isTold = isTold;
    this.flaws = flaws;
    this.chance = new Chance(seed);
    // In some fleets one is left out until there is peace.
    this.maxHosts = this.chance.happens(0.1) ? HOSTS.length - 1 : HOSTS.length;
    const { time, chance, ledger } = this;
    this.network = new StoreNetwork({
      time,
      chance,
      callMs: this.times.callMs,
      createStore: (holder) => new WatchedStore(ledger, holder, flaws as ReadonlySet<StoreFlaw>),
    });
    ledger.isPresent = (holder) => holder === this.network.server;
    this.#hosts = HOSTS.map((name) => new RulesHost(this, name));
  }

  run(): void {
    const { chance } = this;
    for (const host of this.#hosts) this.time.after(chance.between(0, 2_000), () => host.start());
    const rate = chance.random() * 0.06;
    const faults = { loseRequest: rate, loseAnswer: rate, stall: rate, loseBell: 0.3, carryOutLate: 0.7 };
    this.network.faults = faults;
    const troubles = new RulesTroubles(this, this.#hosts);
    const until = this.time.now() + FAULTS_MS;
    for (const pauseMs = chance.between(1_000, 8_000); this.time.now() < until; troubles.happen()) {
      this.#pass(chance.between(100, pauseMs));
    }
    this.tell('peace');
    this.network.faults = { ...NO_FAULTS, loseBell: 0.3 };
    troubles.end();
    this.maxHosts = HOSTS.length;
    this.#pass(PEACE_MS);
    this.isBusy = false;
    this.#pass(QUIET_MS);
    this.#checkPeace();
  }

  number(): number {
    return (this.#number += 1);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  loses(): void {
    this.ledger.checkAcknowledged(this.network.server);
    this.ledger.losses += 1;
    this.disturbances += 1;
  }

  tell(...what: readonly unknown[]): void {
    if (this.#isTold) this.told.push(`${this.time.now() - 1_000_000_000} ${what.map(String).join(' ')}`);
  }

  /**
   * Whether the host should stand back: another knows of a write that was acknowledged and that this one does not know, and
   * it was in contact for as long, so that it could say so.
   */
  watchElection(host: ActingHost): void {
    this.#better.delete(host);
    const { contact } = host;
    const { head } = host.link.server.state;
    const now = this.time.now();
    const stoodBack =
      contact.leaseFreeSince !== null && now - contact.leaseFreeSince > this.times.standBackMs;
    const last = host.last();
    if (stoodBack || contact.since === null) return;
    const ownSince = Math.max(contact.since, host.link.connectedAt);
    const known = new Set(host.knowledge?.entries.map(({ text }) => text));
    for (const other of this.#hosts) {
      const since = other.contact.since && Math.max(other.contact.since, other.link.connectedAt);
      const knows = other.knowledge;
      const isThere = other !== host && other.isAlive && other.link.server === host.link.server;
      if (!isThere || knows === null) continue;
      const isQuiet = other.beatSince !== null && now - other.beatSince > 100;
      if (since === null || since > ownSince + 1_000 || isQuiet || other.frozenUntil > now) continue;
      if (other.contact.answeredAt === null || now - other.contact.answeredAt > 1_100) continue;
      if (placeOf(knows.standing, head) !== 'ahead') continue;
      const isLater = last === null || knows.standing.at > last.at;
      const lacks = knows.entries.some(({ text }) => {
        const nonce = this.ledger.made.get(text)?.nonce ?? null;
        return !known.has(text) && this.ledger.isAcknowledged(nonce);
      });
      if (isLater && lacks) {
        this.#better.set(host, other.name);
        this.tell(
          'BETTER',
          host.name,
          JSON.stringify(host.contact),
          other.name,
          JSON.stringify(other.contact),
          JSON.stringify([...host.link.server.state.hosts]),
          other.link.connection,
        );
      }
    }
  }

  watchLeader(host: ActingHost): void {
    const now = this.time.now();
    this.count('leaders');
    this.tell(host.name, 'leads', host.id);
    if (this.#better.has(host)) {
      this.ledger.violated(
        'a host leads that lacks an acknowledged write of another, which was there to lead',
      );
    }
    for (const { lead, link, isAlive, frozenUntil } of this.#hosts) {
      if (lead === null || !isAlive || frozenUntil > now || link.server !== host.link.server) continue;
      const believes = now <= lead.validUntil - this.times.leaseMarginMs;
      if (believes && lead.disturbances === this.disturbances) this.ledger.violated('two hosts lead at once');
    }
  }

  #pass(ms: number): void {
    this.time.passAtOnce(ms, () => undefined);
  }

  #checkPeace(): void {
    const { ledger, network } = this;
    const now = this.time.now();
    const { head } = network.server.state;
    ledger.checkAcknowledged(network.server);
    const leaders = this.#hosts.filter(({ lead }) => lead !== null && lead.validUntil > now);
    if (leaders.length !== 1) ledger.violated(`there are ${leaders.length} leaders in peace`);
    for (const { contact, knowledge } of this.#hosts) {
      const place = placeOf(knowledge?.standing ?? null, head);
      if (place !== 'at-head') ledger.violated(`a host is ${place} in peace`);
      const mode = fleetMode(contact, now, this.times);
      if (mode.kind !== 'following') ledger.violated(`a host is ${mode.kind} in peace: ${mode.why}`);
    }
  }
}
