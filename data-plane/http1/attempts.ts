/**
 * One attempt after the other until one is answered or no further one is allowed: pick → attempt → retry or give up. Every
 * decision is `routing/`'s. Synchronous, unless a session store is asked.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { FailureReason } from '#shared/outcome.js';
import { pick, type Pick } from '../routing/pick.js';
import { countRetry } from '../routing/retry-budget.js';
import { mayRetry, usesBudget, type RetryVerdict } from '../routing/retry.js';
import type { BackendEntry, PoolTable } from '../routing/routing-table.js';
import { Attempt, type AttemptOwner } from './attempt.js';
import type { Errand, Message } from './errand.js';

const NONE: readonly BackendEntry[] = [];

export class Attempts implements AttemptOwner {
  readonly #errand: Errand;
  readonly #message: Message;
  #present: Attempt | null = null;
  #count = 0;
  #tried = NONE;
  #failure: FailureReason | null = null;
  #isOver = false;

  constructor(errand: Errand, message: Message) {
    this.#errand = errand;
    this.#message = message;
  }

  /** Whether the client has been sent a final head. */
  get hasStarted(): boolean {
    return this.#present?.hasStarted === true;
  }

  /** Makes the first or a further attempt, in the pool as it is now. */
  next(pool: PoolTable): void {
    const { chooser } = this.#message;
    const { parts, client } = this.#errand;
    if (chooser === null) return this.#go(pool, pick(pool, this.#tried, parts.context.random));
    const next = chooser.next(pool, this.#tried);
    if (!(next instanceof Promise)) return this.#go(pool, next);
    next
      .then((chosen) => this.#go(pool, chosen))
      .catch((error: unknown) => {
        parts.bug(error);
        client.destroy();
      });
  }

  /** The request is not served any further, and no backend is to blame. */
  abort(result: 'client-gone' | ErrorCode): void {
    this.#isOver = true;
    this.#present?.abort(result);
  }

  bodyCame(): void {
    this.#present?.bodyCame();
  }

  clientDrained(): void {
    this.#present?.clientDrained();
  }

  expired(): void {
    this.#present?.expired();
  }

  failed(chosen: Pick, reason: FailureReason): void {
    const { account, parts } = this.#errand;
    this.#present = null;
    this.#failure = reason;
    this.#tried = [...this.#tried, chosen.backend];
    const verdict = this.#verdictOn(reason);
    if (!verdict.retry) {
      if (verdict.cause !== null) account.withheld(verdict.cause);
      return this.#errand.reply(replyFor(reason));
    }
    // The newest table at each attempt: a backend that left meanwhile is not tried.
    const pool = account.pool === null ? undefined : parts.context.table().pools.get(account.pool.id);
    if (pool === undefined) this.#giveUp();
    else this.next(pool);
  }

  couldGoElsewhere({ backend }: Pick, pool: PoolTable): boolean {
    const isElsewhere = pool.backends.some(
      (entry) => entry.serves && entry !== backend && !this.#tried.includes(entry),
    );
    return isElsewhere && this.#verdictOn('timeout').retry;
  }

  #go(pool: PoolTable, chosen: Pick | null): void {
    const { account, parts } = this.#errand;
    const { context } = parts;
    const failure = this.#failure;
    if (this.#isOver) {
      // The client left while the session store was asked.
      if (chosen !== null && chosen.permit !== null) {
        context.outcomes.permitReturned(chosen.backend, chosen.permit);
      }
      return;
    }
    if (chosen === null) return this.#giveUp();
    if (failure !== null) {
      if (usesBudget(failure)) countRetry(parts.budget, context.monotonic());
      account.retried(failure);
    }
    this.#count += 1;
    this.#present = new Attempt(this, this.#errand, this.#message, { pool, chosen });
    this.#present.start();
  }

  /** There is no backend, or no further one. */
  #giveUp(): void {
    const failure = this.#failure;
    this.#isOver = true;
    if (failure !== null) this.#errand.account.withheld('no_backend');
    this.#errand.reply(failure === null ? 'no_backend' : replyFor(failure));
  }

  #verdictOn(outcome: FailureReason): RetryVerdict {
    const { account, body, parts, settings } = this.#errand;
    return mayRetry(
      {
        method: account.method,
        attempts: this.#count,
        settings: settings.retry,
        outcome,
        responseStarted: this.hasStarted,
        bodyReplayable: body === null || body.isReplayable,
        at: parts.context.monotonic(),
      },
      parts.budget,
    );
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
