/**
 * One server of the modelled store: what it holds, its clock, and what it held before, which is what a replica that lags may
 * have. Who writes and who hears the bells is the business of `store-network.ts`.
 */
import type { Bell } from '../../../control-plane/fleet/fleet-store.js';
import type { Clock } from '../../../shared/ports.js';
import type { StoreHolder, StoreModel } from './store-model.js';
import { EMPTY_STORE, type StoreState } from './store-state.js';

/** Writes that a replica may lag behind. */
export const MAX_LAG = 30;

interface ServerDeps {
  readonly clock: Clock;
  readonly createStore: (holder: StoreHolder) => StoreModel;
  readonly onBell: (server: ModelServer, bell: Bell) => void;
}

export class ModelServer implements StoreHolder {
  readonly store: StoreModel;
  isUp = true;
  readonly #deps: ServerDeps;
  #offsetMs: number;
  #state: StoreState;
  #past: StoreState[] = [];

  constructor(deps: ServerDeps, state: StoreState = EMPTY_STORE, offsetMs = 0) {
    this.#deps = deps;
    this.#state = state;
    this.#offsetMs = offsetMs;
    this.store = deps.createStore(this);
  }

  now(): number {
    return Math.floor(this.#deps.clock.now() + this.#offsetMs);
  }

  get state(): StoreState {
    return this.#state;
  }

  set state(state: StoreState) {
    this.#past.push(this.#state);
    if (this.#past.length > MAX_LAG) this.#past.shift();
    this.#state = state;
  }

  ring(bell: Bell): void {
    this.#deps.onBell(this, bell);
  }

  stepClock(ms: number): void {
    this.#offsetMs += ms;
  }

  /** FLUSHALL, or a restart of a server that keeps nothing. */
  flush(): void {
    this.#past = [];
    this.#state = EMPTY_STORE;
  }

  /** Loses the lease, as a server does that may evict it. */
  evictLease(): void {
    this.state = { ...this.#state, lease: null };
  }

  /** Another server that has all but the last `lag` writes. */
  replica(lag: number, clockStepMs: number): ModelServer {
    const state = lag === 0 ? this.#state : (this.#past.at(-lag) ?? this.#past[0] ?? this.#state);
    return new ModelServer(this.#deps, state, this.#offsetMs + clockStepMs);
  }
}
