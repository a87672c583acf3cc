/** One attempt without sockets: a script in the place of the backend, which the engine's real patience waits for. */
import type { AttemptOwner, Choice, RunningAttempt } from '../../data-plane/attempts.js';
import type { RequestAccount } from '../../data-plane/request-account.js';
import type { AbortCause, AttemptEnd } from '../../data-plane/routing/classify.js';
import type { FailureReason } from '../../shared/outcome.js';
import type { ProcessTimers } from '../support/virtual-time.js';
import type { Backends, Ending } from './backends.js';

export interface SimulatedAttemptDeps {
  readonly account: RequestAccount;
  readonly timers: ProcessTimers;
  readonly backends: Backends;
  /** The backend has it, or has it no more. */
  carried(choice: Choice, by: 1 | -1): void;
  /** The answer has been passed on to its end. */
  answered(choice: Choice, status: number): void;
  /** It came to nothing, after so much waiting for a head. */
  failed(choice: Choice, reason: FailureReason, waitedMs: number): void;
  lost(error: unknown): void;
}

export class SimulatedAttempt implements RunningAttempt {
  readonly #owner: AttemptOwner;
  readonly #deps: SimulatedAttemptDeps;
  readonly #choice: Choice;
  readonly #begunAt: number;
  #isOver = false;
  hasStarted = false;

  constructor(owner: AttemptOwner, deps: SimulatedAttemptDeps, choice: Choice) {
    this.#owner = owner;
    this.#deps = deps;
    this.#choice = choice;
    this.#begunAt = deps.account.attemptBegun();
  }

  start(): void {
    this.#run().catch((error: unknown) => this.#deps.lost(error));
  }

  abort(cause: AbortCause): void {
    this.#finish(cause);
  }

  async #run(): Promise<void> {
    const { account, timers, backends } = this.#deps;
    const { chosen } = this.#choice;
    const ending = backends.attempt(chosen.backend.address);
    this.#deps.carried(this.#choice, 1);
    const waitedMs = await this.#awaitHead(ending);
    if (this.#isOver) return;
    if (waitedMs < ending.afterMs) return this.#fail('timeout', waitedMs);
    if (ending.kind === 'failure') return this.#fail(ending.reason, 0);
    this.hasStarted = true;
    account.answered(chosen, ending.status);
    if (ending.bodyMs > 0) await timers.wait(ending.bodyMs);
    if (this.#isOver) return;
    this.#finish(ending.breaks === true ? 'body' : ending.status);
    this.#deps.answered(this.#choice, ending.status);
  }

  /** Waits for what comes of the attempt, and no longer than its owner lets it. Returns for how long. */
  async #awaitHead({ afterMs }: Ending): Promise<number> {
    let waitedMs = 0;
    let patienceMs = this.#owner.headPatienceMs();
    while (patienceMs > 0 && waitedMs < afterMs && !this.#isOver) {
      const stepMs = Math.min(patienceMs, afterMs - waitedMs);
      await this.#deps.timers.wait(stepMs);
      waitedMs += stepMs;
      if (waitedMs < afterMs && !this.#isOver) patienceMs = this.#owner.morePatienceMs(this.#choice);
    }
    return waitedMs;
  }

  #fail(reason: FailureReason, waitedMs: number): void {
    this.#finish(reason);
    this.#deps.failed(this.#choice, reason, waitedMs);
    this.#owner.failed(this.#choice.chosen, reason);
  }

  #finish(end: AttemptEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deps.carried(this.#choice, -1);
    this.#deps.account.attemptOver(this.#choice.chosen, this.#begunAt, end);
  }
}
