/**
 * Whether another attempt follows a failed one. Never once a byte of a response has reached the client. A request that may
 * have been carried out is sent again only when that does no harm (RFC 9110 §9.2.2).
 *
 * connect: nothing was sent, so any method is retried. reset, malformed: idempotent methods. timeout: idempotent methods, but
 * only with `retry.per_try_timeout`, because a slow backend has the work already and another would do it twice. status: the
 * backend has answered; 500, 502, 503 and 504 are passed through, so that a client sees what its backend said. body: part of
 * the response is already with the client.
 *
 * The budget keeps retries from multiplying the work of backends in trouble. A connection that was not made gave no backend
 * work, so a retry after it does not count: when one of two backends dies, every request finds the other.
 */
import type { FailureReason } from '#shared/outcome.js';
import type { RetrySettings } from '#shared/settings.js';
import { type RetryBudgetState, budgetAllows } from './retry-budget.js';

/** Why a retry that would have been needed is not made: label `cause` of `tidegate_retries_withheld_total`. full: it waited in vain for a slot. */
export type RetryCause = 'attempts' | 'budget' | 'method' | 'body' | 'no_backend' | 'full' | 'started';

/** `cause` is `null` when no retry was needed in the first place. */
export type RetryVerdict =
  { readonly retry: true } | { readonly retry: false; readonly cause: RetryCause | null };

export interface FailedAttempt {
  readonly method: string;
  /** Attempts made so far, the failed one included. */
  readonly attempts: number;
  readonly settings: RetrySettings;
  readonly outcome: FailureReason;
  /** A byte of a final response (not 1xx) has been sent to the client. */
  readonly responseStarted: boolean;
  /** The request has no body, or all of it that was read is kept, or none of it was read yet. */
  readonly bodyReplayable: boolean;
  /** Of `timeouts.response_head`, what no attempt has waited yet, in milliseconds. */
  readonly headMsLeft: number;
  /** Milliseconds, on the clock of the budget. */
  readonly at: number;
}

/** RFC 9110 §9.2.2. Methods are case-sensitive: `get` is not GET. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether carrying a request out twice is the same as once. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** The caller then picks another backend, says `no_backend` when there is none, and calls `countRetry`. */
export function mayRetry(failed: FailedAttempt, budget: RetryBudgetState): RetryVerdict {
  if (failed.outcome === 'status' || (failed.outcome === 'timeout' && !mayTimeEnd(failed))) {
    return withheld(null);
  }
  if (failed.responseStarted || failed.outcome === 'body') return withheld('started');
  if (failed.outcome !== 'connect' && !isIdempotent(failed.method)) return withheld('method');
  if (!failed.bodyReplayable) return withheld('body');
  if (failed.attempts >= failed.settings.attempts) return withheld('attempts');
  if (usesBudget(failed.outcome) && !budgetAllows(budget, failed.settings, failed.at)) {
    return withheld('budget');
  }
  return { retry: true };
}

/** Whether an attempt may end by its own time, so that another gets the time that is left. */
function mayTimeEnd({ settings, headMsLeft }: FailedAttempt): boolean {
  return settings.perTryTimeoutMs !== undefined && headMsLeft > 0;
}

/** Whether a retry after this failure counts against the budget. */
export function usesBudget(outcome: FailureReason): boolean {
  return outcome !== 'connect';
}

function withheld(cause: RetryCause | null): RetryVerdict {
  return { retry: false, cause };
}
