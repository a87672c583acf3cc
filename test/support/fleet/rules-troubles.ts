/** What goes wrong around the hosts of a modelled fleet, by chance, and how it ends. */
import { MAX_LAG, type ModelServer } from './model-server.js';
import type { RulesFleet } from './rules-fleet.js';
import type { RulesHost } from './rules-host.js';
import type { StoreLink } from './store-network.js';

export class RulesTroubles {
  readonly #fleet: RulesFleet;
  readonly #hosts: readonly RulesHost[];
  /** In some fleets little else happens than that one server takes over from another, and hosts end with it. */
  readonly #isUnstable: boolean;
  #isOver = false;

  constructor(fleet: RulesFleet, hosts: readonly RulesHost[]) {
    this.#fleet = fleet;
    this.#hosts = hosts;
    this.#isUnstable = fleet.chance.happens(0.4);
  }

  happen(): void {
    const { chance } = this.#fleet;
    const usual = [
      () => this.#failover(),
      () => this.#failover(),
      () => this.#reunite(),
      () => this.#serverDown(),
      () => this.#cut(),
      () => this.#cut(),
      () => this.#end(this.#host()),
      () => this.#end(this.#host()),
      () => this.#hang(),
    ];
    const rare = [() => this.#flush(), () => this.#stepClock(), () => this.#otherHand()];
    const unstable = [
      () => this.#failover(),
      () => this.#failAfterAppend(),
      () => this.#failAfterRefusal(),
      () => this.#failTwice(),
      () => this.#end(this.#host()),
    ];
    const isEvicted = this.#fleet.flaws.has('lease-is-evicted');
    const frequent = isEvicted ? [() => this.#otherHand()] : this.#isUnstable ? unstable : usual;
    const what = chance.oneOf(chance.happens(0.85) ? frequent : rare)?.() ?? '';
    this.#fleet.count(what.replaceAll(/\b[abc] |[-\d]+ ?/g, ''));
    this.#fleet.tell(what);
  }

  /** Peace: everything is up, and reaches one server. */
  end(): void {
    this.#isOver = true;
    this.#reunite();
    this.#fleet.network.server.isUp = true;
    for (const host of this.#hosts) {
      host.link.isCut = false;
      host.frozenUntil = 0;
      if (!host.isAlive) this.#start(host);
    }
  }

  #host(): RulesHost {
    const [first, ...others] = this.#hosts;
    if (first === undefined) throw new Error('a fleet without hosts');
    return this.#fleet.chance.among(first, ...others);
  }

  #later(maxMs: number, act: () => void): void {
    const { time, chance } = this.#fleet;
    time.after(chance.between(100, maxMs), () => {
      if (!this.#isOver) act();
    });
  }

  /** A server without the last writes takes over. Some hosts may go on with the old one, as behind a partition. */
  #failover(
    lag = this.#fleet.chance.between(0, this.#fleet.chance.among(4, MAX_LAG)),
    clockStepMs = this.#fleet.chance.among(0, 0, 0, this.#fleet.chance.between(-20_000, 20_000)),
  ): string {
    const { chance, network } = this.#fleet;
    const staying = new Set<StoreLink>();
    if (chance.happens(0.2)) for (const { link } of this.#hosts) if (chance.happens(0.4)) staying.add(link);
    this.#fleet.loses();
    network.failover(lag, clockStepMs, staying);
    const leader = this.#hosts.find(({ lead }) => lead !== null);
    if (leader !== undefined && chance.happens(0.3)) this.#end(leader);
    this.#later(9_000, () => this.#reunite());
    return `failover loses ${lag} writes, ${staying.size} hosts stay`;
  }

  /** A server fails when it has stored what it tells nobody any more, neither its replica nor the one who sent it. */
  #failAfterAppend(): string {
    const { ledger, time, chance } = this.#fleet;
    // Where the clock of the other is a little ahead, the batch is late there.
    const aheadMs = chance.among(0, chance.between(100, 3_000));
    ledger.onAppend = () => time.after(0, () => this.#isOver || this.#failover(1, aheadMs));
    return 'server is to fail after an append';
  }

  /** A server fails, and the leader with it, when somebody knows already what is lost with them. */
  #failAfterRefusal(): string {
    const { ledger, time, network } = this.#fleet;
    ledger.onRefused = (nonce) =>
      time.after(0, () => {
        if (this.#isOver) return;
        const leader = this.#hosts.find(({ lead }) => lead !== null);
        if (leader !== undefined) this.#end(leader);
        let lag = 1;
        while (lag < MAX_LAG && hasAnswer(network.server.replica(lag, 0), nonce)) lag += 1;
        this.#failover(lag);
      });
    return 'server is to fail after a refusal';
  }

  /** A server fails, and its successor before an election, so that what hosts told it of themselves is lost. */
  #failTwice(): string {
    const { ledger, chance } = this.#fleet;
    ledger.onLook = () => {
      if (!this.#isOver) this.#failover(chance.between(1, 8));
    };
    return `${this.#failover()}, and another one will`;
  }

  #reunite(): string {
    this.#fleet.disturbances += 1;
    this.#fleet.network.reunite();
    return 'all reach one server';
  }

  #serverDown(): string {
    const { server } = this.#fleet.network;
    server.isUp = false;
    this.#later(8_000, () => {
      server.isUp = true;
    });
    return 'server is down';
  }

  #cut(): string {
    const host = this.#host();
    const { link } = host;
    link.isCut = true;
    this.#later(12_000, () => {
      link.isCut = false;
    });
    return `${host.name} is cut off`;
  }

  #hang(): string {
    const host = this.#host();
    host.frozenUntil = this.#fleet.time.now() + this.#fleet.chance.between(500, 9_000);
    return `${host.name} hangs`;
  }

  #end(host: RulesHost): string {
    if (!host.isAlive) return this.#start(host);
    const { lead, id, name } = host;
    const { server, isCut } = host.link;
    const stops = this.#fleet.chance.happens(0.4);
    if (stops && !isCut && server.isUp) {
      if (lead !== null) server.store.resign(lead);
      server.store.leave(name, id);
    }
    host.die();
    this.#later(12_000, () => this.#start(host));
    return `${name} ${stops ? 'stops' : 'is killed'}`;
  }

  #start(host: RulesHost): string {
    if (host.isAlive) return 'nothing';
    const isNew = this.#fleet.chance.happens(0.15);
    if (isNew) host.knowledge = null;
    host.start();
    return `${host.name} is started${isNew ? ' and knows nothing' : ''}`;
  }

  #flush(): string {
    this.#fleet.loses();
    this.#fleet.network.server.flush();
    return 'server loses everything';
  }

  #stepClock(): string {
    const ms = this.#fleet.chance.among(-3_600_000, 3_600_000, -10_000, 10_000, -2_000, 2_000);
    this.#fleet.disturbances += 1;
    this.#fleet.network.server.stepClock(ms);
    return 'clock steps';
  }

  #otherHand(): string {
    const { server } = this.#fleet.network;
    const { head, log } = server.state;
    if (this.#fleet.flaws.has('lease-is-evicted')) {
      server.evictLease();
      return 'lease is evicted';
    }
    if (this.#fleet.chance.happens(0.7) && head !== null) {
      const position = { epoch: head.epoch, seq: head.seq + this.#fleet.chance.between(1, 50) };
      server.state = { ...server.state, log: [...log, { position, text: 'stray' }] };
      return 'somebody writes into the log';
    }
    this.#fleet.loses();
    server.state = { ...server.state, head: null };
    return 'somebody deletes the head';
  }
}

function hasAnswer({ state }: ModelServer, nonce: string): boolean {
  return state.answers.entries.some((answer) => answer.nonce === nonce);
}
