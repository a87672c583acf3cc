/**
 * One attempt after the other until one is answered or no further one is allowed: pick → attempt → retry or give up. All
 * engines share this file; each makes the attempt itself in its own way. `routing/` makes every decision. Synchronous, unless
 * a session store is asked or the request waits for a slot.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { FailureReason } from '#shared/outcome.js';
import type { ForwardingSettings } from '#shared/settings.js';
import type { Chooser } from './chooser.js';
import type { ForwarderDeps } from './forwarder.js';
import type { RequestAccount } from './request-account.js';
import { giveBack, type PickResult } from './slot-wait.js';
import { hasSlot } from './routing/backend-load.js';
import { takeSlot, type Refusal } from './routing/take-slot.js';
import type { AbortCause } from './routing/classify.js';
import type { Pick } from './routing/pick.js';
import { countRetry, type RetryBudgetState } from './routing/retry-budget.js';
import { isIdempotent, mayRetry, usesBudget, type RetryVerdict } from './routing/retry.js';
import type { BackendEntry, PoolTable } from './routing/routing-table.js';

/** The backend of an attempt, and the pool as it was when the backend was chosen. */
export interface Choice {
  readonly pool: PoolTable;
  readonly chosen: Pick;
}

/** One attempt, as the engine makes it. */
export interface RunningAttempt {
  /** Whether the client has been sent a final head. */
  readonly hasStarted: boolean;
  start(): void;
  /** Ends it at once. */
  abort(cause: AbortCause): void;
}

/** What an attempt tells its request, and asks it. */
export interface AttemptOwner {
  /** The attempt failed before any of its answer went to the client. */
  failed(chosen: Pick, reason: FailureReason): void;
  /** The whole request has been sent. Answers how long to wait for the head. */
  headPatienceMs(): number;
  /** The time for the head is over. Answers how much longer to wait, because no further attempt could follow; 0: the attempt has failed. */
  morePatienceMs(choice: Choice): number;
  /** Whether the request may be sent once more where a backend closed a kept connection just when it was used: that is no retry. */
  mayRepeat(): boolean;
  /** The request is sent once more. */
  repeated(): void;
  /** Whether a kept connection may be used. Not after one was closed already, because nothing may be sent more than `attempts` + 1 times. */
  readonly mayUseKept: boolean;
}

/** What does not change from attempt to attempt, and is the same for all engines. */
export interface AttemptMessage {
  /** `null`: the algorithm alone chooses. */
  readonly chooser: Chooser | null;
}

/** A request as its attempts see it. */
export interface AttemptsClient<A extends RunningAttempt, M extends AttemptMessage> {
  readonly parts: { readonly context: ForwarderDeps; readonly budget: RetryBudgetState };
  readonly account: RequestAccount;
  readonly settings: ForwardingSettings;
  readonly body: { readonly isReplayable: boolean } | null;
  attempt(owner: AttemptOwner, message: M, choice: Choice): A;
  /** Sends a reply of our own. Nothing of another answer has been sent. */
  reply(code: ErrorCode): void;
  /** An exception where none should be: the request is lost. */
  lost(error: unknown): void;
}

const NONE: readonly BackendEntry[] = [];

export class Attempts<A extends RunningAttempt, M extends AttemptMessage> implements AttemptOwner {
  readonly #client: AttemptsClient<A, M>;
  readonly #message: M;
  #present: A | null = null;
  #count = 0;
  #tried = NONE;
  #failure: FailureReason | null = null;
  #isOver = false;
  #isRepeated = false;
  /** How long the present attempt waits for its head. */
  #patienceMs = 0;
  /** How long attempts have waited in vain for their heads. */
  #waitedMs = 0;

  constructor(client: AttemptsClient<A, M>, message: M) {
    this.#client = client;
    this.#message = message;
  }

  /** The attempt that runs, if one does. */
  get present(): A | null {
    return this.#present;
  }

  /** Whether the client has been sent a final head. */
  get hasStarted(): boolean {
    return this.#present?.hasStarted === true;
  }

  /** Makes the first or a further attempt, in the pool as it is now. */
  next(pool: PoolTable): void {
    const { chooser } = this.#message;
    const tried = this.#tried;
    if (chooser === null) {
      const chosen = takeSlot(pool, tried, this.#client.parts.context.random);
      if (chosen !== null) return this.#go(pool, chosen);
    }
    const next =
      chooser === null
        ? this.#client.account.waitForSlot(pool, { tried, bound: null })
        : chooser.next(pool, tried);
    if (!(next instanceof Promise)) return this.#go(pool, next);
    next
      .then((placed) => this.#go(pool, placed))
      .catch((error: unknown) => {
        this.#client.lost(error);
      });
  }

  /** The request is not served any further. */
  abort(cause: AbortCause): void {
    this.#isOver = true;
    this.#client.account.stopWaiting();
    this.#present?.abort(cause);
  }

  failed(chosen: Pick, reason: FailureReason): void {
    const { account, parts } = this.#client;
    this.#present = null;
    this.#failure = reason;
    this.#tried = [...this.#tried, chosen.backend];
    const verdict = this.#verdictOn(reason);
    if (!verdict.retry) {
      if (verdict.cause !== null) account.withheld(verdict.cause);
      return this.#client.reply(replyFor(reason));
    }
    // The newest table at each attempt: a backend that left meanwhile is not tried.
    const pool = account.pool === null ? undefined : parts.context.table().pools.get(account.pool.id);
    if (pool === undefined) this.#giveUp('no_backend');
    else this.next(pool);
  }

  headPatienceMs(): number {
    const leftMs = this.#headMsLeft;
    this.#patienceMs = Math.min(leftMs, this.#client.settings.retry.perTryTimeoutMs ?? leftMs);
    return this.#patienceMs;
  }

  morePatienceMs(choice: Choice): number {
    this.#waitedMs += this.#patienceMs;
    this.#patienceMs = this.#couldGoElsewhere(choice) ? 0 : this.#headMsLeft;
    return this.#patienceMs;
  }

  mayRepeat(): boolean {
    const isWanted = this.#client.settings.retry.onStale;
    return isWanted && !this.#isRepeated && isIdempotent(this.#client.account.method) && this.#isReplayable();
  }

  repeated(): void {
    this.#isRepeated = true;
  }

  get mayUseKept(): boolean {
    return !this.#isRepeated;
  }

  get #headMsLeft(): number {
    return this.#client.settings.timeouts.responseHeadMs - this.#waitedMs;
  }

  #couldGoElsewhere({ chosen, pool }: Choice): boolean {
    const isElsewhere = pool.backends.some(
      (entry) =>
        entry.serves && hasSlot(entry.load) && entry !== chosen.backend && !this.#tried.includes(entry),
    );
    return isElsewhere && this.#verdictOn('timeout').retry;
  }

  #go(pool: PoolTable, chosen: PickResult): void {
    const { account, parts } = this.#client;
    const { context } = parts;
    const failure = this.#failure;
    if (this.#isOver) {
      // The client left while the session store was asked, or just when there was a slot.
      if (typeof chosen !== 'string') giveBack(context, chosen);
      return;
    }
    if (typeof chosen === 'string') return this.#giveUp(chosen);
    if (failure !== null) {
      if (usesBudget(failure)) countRetry(parts.budget, context.monotonic());
      account.retried(failure);
    }
    this.#count += 1;
    try {
      this.#present = this.#client.attempt(this, this.#message, { pool, chosen });
    } catch (error) {
      giveBack(context, chosen);
      throw error;
    }
    this.#present.start();
  }

  /**
   * There is no backend, no further one, or none that had a free slot in time. Where an attempt failed before, the client is
   * told of that failure.
   */
  #giveUp(refusal: Refusal): void {
    const failure = this.#failure;
    this.#isOver = true;
    if (failure !== null) this.#client.account.withheld(refusal === 'no_backend' ? 'no_backend' : 'full');
    this.#client.reply(failure === null ? refusal : replyFor(failure));
  }

  #verdictOn(outcome: FailureReason): RetryVerdict {
    const { account, parts, settings } = this.#client;
    return mayRetry(
      {
        method: account.method,
        attempts: this.#count,
        settings: settings.retry,
        outcome,
        responseStarted: this.hasStarted,
        bodyReplayable: this.#isReplayable(),
        headMsLeft: this.#headMsLeft,
        at: parts.context.monotonic(),
      },
      parts.budget,
    );
  }

  #isReplayable(): boolean {
    const { body } = this.#client;
    return body === null || body.isReplayable;
  }
}

function replyFor(failure: FailureReason): ErrorCode {
  switch (failure) {
    case 'connect':
      return 'upstream_connect';
    case 'timeout':
      return 'upstream_timeout';
    case 'malformed':
      return 'upstream_malformed';
    case 'reset':
    case 'status':
    case 'body':
      return 'upstream_reset';
  }
}
