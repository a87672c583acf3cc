/** Carries out a roll: replaces workers one after the other, as `roll-policy.ts` decides, and says how far it is. */
import type { Logger } from '#shared/ports.js';
import {
  MEMORY_LOOK_MS,
  MEMORY_PAUSE_MS,
  nextStep,
  overMemory,
  type Pair,
  type RolledWorker,
  type RollPlan,
  type WorkerMemory,
} from './roll-policy.js';

/** Why workers are replaced. */
export type RollCause =
  { readonly kind: 'asked'; readonly by: string } | { readonly kind: 'memory'; readonly limitBytes: number };

export const ROLL_STATES = ['running', 'done', 'stopped'] as const;

/** The present roll, or the last one. */
export interface RollStatus {
  readonly state: (typeof ROLL_STATES)[number];
  readonly cause: RollCause;
  /** How many workers are to be replaced, and how many are. */
  readonly total: number;
  readonly replaced: number;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  /** `null` while it runs. */
  readonly endedAt: number | null;
  /** Why it stopped before all were replaced, in one sentence; `null`: it did not. */
  readonly problem: string | null;
}

/** `null`: the roll has begun. */
export type RollRefusal = 'under-way' | 'no-worker' | null;

/** Rolls, as those see them who ask for one. */
export interface WorkerRolls {
  /** The present roll, or the last one; `null`: there was none. */
  readonly status: RollStatus | null;
  /**
   * Begins to replace all workers that forward: each may take 30 s until its successor forwards, and `timeouts.shutdown` to finish its
   * requests.
   * @param by who asks for it
   */
  begin(by: string): RollRefusal;
}

/** The processes, as the roller uses them. */
export interface RollerDeps {
  readonly workers: () => readonly RolledWorker[];
  /** Resident memory in bytes; `null` if the system does not tell. */
  readonly memoryOf: (worker: number) => number | null;
  /** Workers above this many bytes are replaced; `null`: none is. */
  readonly memoryLimitBytes: number | null;
  /** Starts a worker beside this one. Returns its number; `null` if the system has no process to give. */
  readonly startBeside: (worker: number) => number | null;
  /** Asks the worker to finish its requests and end. */
  readonly end: (pair: Pair) => void;
  readonly now: () => number;
  readonly logger: Logger;
}

export class Roller implements WorkerRolls {
  readonly #deps: RollerDeps;
  #plan: RollPlan | null = null;
  #status: RollStatus | null = null;
  #lookedAt = -Infinity;
  #isClosed = false;
  /** How the newest replacement ended. */
  #ending: string | null = null;

  constructor(deps: RollerDeps) {
    this.#deps = deps;
  }

  get status(): RollStatus | null {
    return this.#status;
  }

  begin(by: string): RollRefusal {
    if (this.#plan !== null) return 'under-way';
    const ready = this.#deps.workers().filter(({ phase }) => phase === 'ready');
    if (ready.length === 0 || this.#isClosed) return 'no-worker';
    this.#begin(
      ready.map(({ worker }) => worker),
      { kind: 'asked', by },
    );
    return null;
  }

  /** To be called after each change of a worker. */
  advance(): void {
    while (this.#plan !== null) {
      const plan: RollPlan = this.#plan;
      const step = nextStep(plan, this.#deps.workers());
      switch (step.kind) {
        case 'wait':
          return;
        case 'end':
          this.#deps.end(step.pair);
          return;
        case 'done':
          this.#counted();
          this.#over('done', null);
          return;
        case 'stop':
          this.#over('stopped', `worker ${step.successor} ended: ${this.#ending ?? 'unknown'}`);
          return;
        case 'start': {
          this.#counted();
          if (!this.#start(plan, step.worker)) return;
        }
      }
    }
  }

  /** A worker has ended. `advance` has to follow. */
  ended(worker: number, how: string): void {
    if (worker === this.#plan?.pair?.successor) this.#ending = how;
  }

  /** To be called now and then: replaces the largest worker that is above the limit of memory. */
  look(): void {
    const { memoryLimitBytes: limitBytes, workers, memoryOf, now } = this.#deps;
    if (limitBytes === null || this.#plan !== null) return;
    const at = now();
    if (at - this.#lookedAt < MEMORY_LOOK_MS) return;
    if (at - (this.#status?.endedAt ?? -Infinity) < MEMORY_PAUSE_MS) return;
    this.#lookedAt = at;
    const measured: WorkerMemory[] = workers().map((one) => ({ ...one, bytes: memoryOf(one.worker) }));
    const found = overMemory(measured, limitBytes);
    if (found === null) return;
    const { worker, bytes } = found;
    this.#deps.logger.warn({ worker, bytes, limitBytes }, 'worker is above the limit of memory');
    this.#begin([worker], { kind: 'memory', limitBytes });
  }

  /** No further worker is replaced, because all of them end. */
  close(): void {
    this.#isClosed = true;
    if (this.#plan !== null) this.#over('stopped', 'Tidegate is stopping');
  }

  #begin(left: readonly number[], cause: RollCause): void {
    this.#plan = { left, pair: null };
    this.#status = {
      state: 'running',
      cause,
      total: left.length,
      replaced: 0,
      startedAt: this.#deps.now(),
      endedAt: null,
      problem: null,
    };
    this.#deps.logger.info({ workers: left.length, cause }, 'replacing workers');
    this.advance();
  }

  /** False: the roll is over. */
  #start(plan: RollPlan, worker: number): boolean {
    const successor = this.#deps.startBeside(worker);
    if (successor === null) {
      this.#over('stopped', 'the system has no process to give');
      return false;
    }
    this.#ending = null;
    this.#plan = { left: plan.left.filter((one) => one !== worker), pair: { old: worker, successor } };
    return true;
  }

  /** Counts the worker whose place has been taken. */
  #counted(): void {
    if (this.#status === null || this.#plan === null || this.#plan.pair === null) return;
    const { old, successor } = this.#plan.pair;
    this.#plan = { ...this.#plan, pair: null };
    this.#status = { ...this.#status, replaced: this.#status.replaced + 1 };
    const { replaced, total } = this.#status;
    this.#deps.logger.info({ worker: old, by: successor, replaced, of: total }, 'worker replaced');
  }

  #over(state: 'done' | 'stopped', problem: string | null): void {
    if (this.#status === null) return;
    const { now, logger } = this.#deps;
    this.#plan = null;
    this.#status = { ...this.#status, state, problem, endedAt: now() };
    const { replaced, total } = this.#status;
    if (problem === null) logger.info({ replaced }, 'all workers are replaced');
    else logger.error({ replaced, of: total, problem }, 'the other workers are not replaced');
  }
}
