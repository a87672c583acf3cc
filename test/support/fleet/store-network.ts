/**
 * The network between hosts and the modelled store, in virtual time. Calls of one connection are carried out and answered in
 * order, each after a delay. Faults: a request or an answer gets lost, a connection stalls or is cut, a server is down, a call
 * of a connection that died is carried out later, after newer ones, a bell is not heard.
 */
import type { Bell, Unavailable } from '../../../control-plane/fleet/fleet-store.js';
import type { Clock, Timers } from '../../../shared/ports.js';
import type { Chance } from '../../simulation/chance.js';
import { ModelServer } from './model-server.js';
import { StoreModel, type StoreHolder } from './store-model.js';

/** How often what goes wrong: shares of the calls, and of the bells. */
export interface NetworkFaults {
  readonly loseRequest: number;
  readonly loseAnswer: number;
  readonly stall: number;
  readonly loseBell: number;
  /** Of the calls that were under way on a connection that died. */
  readonly carryOutLate: number;
}

export const NO_FAULTS: NetworkFaults = {
  loseRequest: 0,
  loseAnswer: 0,
  stall: 0,
  loseBell: 0,
  carryOutLate: 0,
};

interface NetworkDeps {
  readonly time: Clock & Timers;
  readonly chance: Chance;
  /** The store of each server; unless given, one that does as it should. */
  readonly createStore?: (holder: StoreHolder) => StoreModel;
  /** A call that is not answered by then counts as unavailable. */
  readonly callMs: number;
  /** The longest that a request or an answer takes. */
  readonly maxDelayMs?: number;
}

const MAX_DELAY_MS = 20;
const MAX_STALL_MS = 3_000;
/** When what a dead connection had sent is carried out at the latest. */
export const MAX_LATE_MS = 8_000;

export class StoreNetwork {
  faults: NetworkFaults = NO_FAULTS;
  /** Where new connections lead. */
  server: ModelServer;
  readonly deps: NetworkDeps;
  readonly #links = new Set<StoreLink>();

  constructor(deps: NetworkDeps) {
    this.deps = deps;
    this.server = new ModelServer({
      clock: deps.time,
      createStore: deps.createStore ?? ((holder) => new StoreModel(holder)),
      onBell: (server, bell) => this.#ring(server, bell),
    });
  }

  link(): StoreLink {
    const link = new StoreLink(this);
    this.#links.add(link);
    return link;
  }

  remove(link: StoreLink): void {
    link.break();
    this.#links.delete(link);
  }

  /** Another server takes over that lacks the last `lag` writes. Those of `staying` go on with the old one for now. */
  failover(lag: number, clockStepMs: number, staying: ReadonlySet<StoreLink> = new Set()): void {
    this.server = this.server.replica(lag, clockStepMs);
    for (const link of this.#links) if (!staying.has(link)) link.reconnect();
  }

  /** All are led to the present server. */
  reunite(): void {
    for (const link of this.#links) if (link.server !== this.server) link.reconnect();
  }

  #ring(server: ModelServer, bell: Bell): void {
    for (const link of this.#links) if (link.server === server) link.hear(bell);
  }
}

interface Call {
  readonly carryOut: () => void;
  readonly settle: (answer: null) => void;
  isCarriedOut: boolean;
}

const UNAVAILABLE: Unavailable = { kind: 'unavailable', reason: 'The store did not answer.' };

/** What one host has of the network: one connection after the other. */
export class StoreLink {
  /** Another number, another connection. */
  connection = 1;
  /** When it was made. */
  connectedAt: number;
  server: ModelServer;
  onBell: (bell: Bell | null) => void = () => undefined;
  readonly #network: StoreNetwork;
  readonly #calls = new Set<Call>();
  isCut = false;
  /** Nothing got through, so the next call that does goes over a new connection. */
  #isLost = false;
  #carriedOutUntil = 0;
  #answeredUntil = 0;

  constructor(network: StoreNetwork) {
    this.#network = network;
    this.server = network.server;
    this.connectedAt = network.deps.time.now();
  }

  call<T>(run: (store: StoreModel) => T, done: (answer: T | Unavailable) => void): void {
    const { chance, time, callMs } = this.#network.deps;
    const { faults } = this.#network;
    if (!this.#isReachable()) {
      this.#isLost = true;
      time.after(1, () => done(UNAVAILABLE));
      return;
    }
    if (this.#isLost) this.break();
    const { server } = this;
    const settle = (answer: { readonly value: T } | null): void => {
      if (isSettled) return;
      isSettled = true;
      deadline.cancel();
      if (call.isCarriedOut) this.#calls.delete(call);
      done(answer === null ? UNAVAILABLE : answer.value);
    };
    let isSettled = false;
    const loses = { request: chance.happens(faults.loseRequest), answer: chance.happens(faults.loseAnswer) };
    const deadline = time.after(callMs, () => {
      settle(null);
      if (loses.request || loses.answer || chance.happens(0.5)) this.break();
    });
    const call: Call = {
      settle,
      isCarriedOut: false,
      carryOut: () => {
        const value = run(server.store);
        call.isCarriedOut = true;
        if (isSettled) this.#calls.delete(call);
        if (isSettled || loses.answer) return;
        this.#answeredUntil = Math.max(this.#answeredUntil, time.now() + this.#delay());
        time.after(this.#answeredUntil - time.now(), () => settle({ value }));
      },
    };
    this.#calls.add(call);
    if (loses.request) return;
    const stall = chance.happens(faults.stall) ? chance.between(0, MAX_STALL_MS) : 0;
    this.#carriedOutUntil = Math.max(this.#carriedOutUntil, time.now() + this.#delay() + stall);
    time.after(this.#carriedOutUntil - time.now(), () => {
      if (this.#calls.has(call) && this.#isReachable()) call.carryOut();
    });
  }

  hear(bell: Bell): void {
    const { chance, time } = this.#network.deps;
    if (!this.#isReachable() || chance.happens(this.#network.faults.loseBell)) return;
    time.after(this.#delay(), () => this.onBell(bell));
  }

  /** The connection dies, and what was under way on it is not answered. Some of it is carried out nevertheless. */
  break(): void {
    const { chance, time } = this.#network.deps;
    const calls = [...this.#calls];
    this.#calls.clear();
    this.connection += 1;
    this.connectedAt = time.now();
    this.#isLost = false;
    this.#carriedOutUntil = 0;
    this.#answeredUntil = 0;
    for (const call of calls) {
      call.settle(null);
      if (call.isCarriedOut || !chance.happens(this.#network.faults.carryOutLate)) continue;
      time.after(chance.between(1, chance.among(300, MAX_LATE_MS)), call.carryOut);
    }
    time.after(1, () => this.onBell(null));
  }

  reconnect(): void {
    this.break();
    this.server = this.#network.server;
  }

  #isReachable(): boolean {
    return !this.isCut && this.server.isUp;
  }

  #delay(): number {
    const { chance, maxDelayMs = MAX_DELAY_MS } = this.#network.deps;
    return chance.between(0, maxDelayMs);
  }
}
