/** An engine without sockets: it accepts, serves and closes as the real ones, with simulated exchanges. */
import type { Forwarder, ForwarderDeps } from '../../data-plane/forwarder.js';
import { countRequest, createRetryBudget } from '../../data-plane/routing/retry-budget.js';
import { routeRequest, type BackendEntry } from '../../data-plane/routing/routing-table.js';
import type { ProcessTimers } from '../support/virtual-time.js';
import type { Backends } from './backends.js';
import { SimulatedExchange, type SimulatedAnswer, type SimulatedRequest } from './exchange.js';
import type { Ledger } from './ledger.js';

export interface SimulatedForwarderDeps {
  readonly context: ForwarderDeps;
  readonly timers: ProcessTimers;
  readonly backends: Backends;
  readonly ledger: Ledger;
  /** Number of the primary whose worker this is. */
  readonly primary: number;
  readonly startMs: number;
}

export class SimulatedForwarder implements Forwarder {
  readonly #deps: SimulatedForwarderDeps;
  readonly #budget;
  readonly #open = new Set<(answer: SimulatedAnswer) => void>();
  readonly #trials = new Map<string, number>();
  #idle: (() => void) | null = null;
  accepting = false;

  constructor(deps: SimulatedForwarderDeps) {
    this.#deps = deps;
    this.#budget = createRetryBudget(deps.context.monotonic());
  }

  async listen(): Promise<number> {
    await this.#deps.timers.wait(this.#deps.startMs);
    this.accepting = true;
    return 8080;
  }

  setCertificate(): void {
    // There is no TLS here.
  }

  connections(): number {
    return this.#open.size;
  }

  async close(deadlineMs: number): Promise<void> {
    this.accepting = false;
    if (this.#open.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    this.#deps.timers.after(deadlineMs, resolve);
    await promise;
  }

  /** The process dies: its requests are lost, and its connections to backends gone. */
  die(): void {
    this.accepting = false;
    for (const answer of this.#open) answer({ kind: 'lost', status: 0, setCookie: null });
    for (const [family, count] of this.#trials) {
      for (let i = 0; i < count; i += 1) this.#deps.ledger.trialEnded(family);
    }
    this.#trials.clear();
  }

  request(request: SimulatedRequest): Promise<SimulatedAnswer> {
    const { context, timers, backends, ledger } = this.#deps;
    const target = routeRequest(context.table(), 'example.test', request.path);
    if (typeof target === 'string') return Promise.resolve({ kind: 'refused', status: 404, setCookie: null });
    countRequest(this.#budget, context.monotonic());
    const { promise, resolve } = Promise.withResolvers<SimulatedAnswer>();
    const answer = (given: SimulatedAnswer): void => {
      resolve(given);
      this.#open.delete(answer);
      if (this.#open.size === 0) this.#idle?.();
    };
    this.#open.add(answer);
    const exchange = new SimulatedExchange(
      {
        context,
        budget: this.#budget,
        timers,
        backends,
        ledger,
        trial: (backend, by) => this.#trial(backend, by),
        answer,
      },
      target,
      request,
    );
    exchange.begin();
    if (request.leavesAfterMs !== null) timers.after(request.leavesAfterMs, () => exchange.leave());
    return promise;
  }

  #trial({ pool, id, generation }: BackendEntry, by: 1 | -1): void {
    const family = `${this.#deps.primary} ${pool}/${id}/${generation}`;
    this.#trials.set(family, (this.#trials.get(family) ?? 0) + by);
    if (by === 1) this.#deps.ledger.trialBegan(family);
    else this.#deps.ledger.trialEnded(family);
  }
}
