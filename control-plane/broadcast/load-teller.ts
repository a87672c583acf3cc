/** Tells each worker every 25 ms how many requests the other workers have in flight, while a pool balances by load. */
import type { PrimaryMessage } from '#shared/message.js';
import type { TimerHandle, Timers } from '#shared/ports.js';
import { traitsOf } from '#shared/settings/algorithms.js';
import type { ControlState } from '../domain/state.js';
import { LOAD_INTERVAL_MS, type WorkerLoads } from './worker-loads.js';

interface LoadTellerDeps {
  readonly loads: WorkerLoads;
  readonly state: () => ControlState;
  readonly readyWorkers: () => readonly number[];
  readonly send: (worker: number, message: PrimaryMessage) => void;
  readonly timers: Timers;
}

export class LoadTeller {
  readonly #deps: LoadTellerDeps;
  #timer: TimerHandle | null = null;

  constructor(deps: LoadTellerDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { loads, state, readyWorkers, send, timers } = this.#deps;
    if (balancesByLoad(state())) {
      for (const { worker, message } of loads.messages(readyWorkers())) send(worker, message);
    }
    this.#timer = timers.after(LOAD_INTERVAL_MS, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }
}

function balancesByLoad({ pools }: ControlState): boolean {
  for (const { settings } of pools.values()) {
    if (traitsOf(settings.algorithm).needsLoads) return true;
  }
  return false;
}
