/**
 * What the end of an attempt says about the backend. One attempt has one outcome, decided when it is over. A whole answer
 * counts by its status, an answer that breaks off is a failure whatever its head said, and a running one counts nothing yet.
 */
import type { ErrorCode } from '#shared/error-code.js';
import { FAILURE_REASONS, type Outcome, type FailureReason } from '#shared/outcome.js';

/** Why a request is not served any further, where no backend is to blame. */
export type AbortCause = 'client-gone' | 'bug' | ErrorCode;

/**
 * How an attempt ended: with a whole answer of this status, by a failure of its backend, or for a cause that says nothing about
 * the backend. stale: the backend had closed a kept connection just when it was used.
 */
export type AttemptEnd = number | FailureReason | 'stale' | AbortCause;

const SUCCESS: Outcome = { kind: 'success' };
const NEUTRAL: Outcome = { kind: 'neutral' };
const ILL: ReadonlyMap<number, Outcome> = new Map(
  [500, 502, 503, 504].map((status) => [status, { kind: 'failure', reason: 'status', status }]),
);
const FAILURES: ReadonlyMap<string, Outcome> = new Map(
  FAILURE_REASONS.map((reason) => [reason, { kind: 'failure', reason }]),
);

/**
 * Failures are 500, 502, 503 and 504: the backend, or a service that it depends on, is ill. 501, 505 and the like answer a
 * request that is not supported, and 4xx (429 too) are about the client, which must not be able to eject backends.
 */
export function classifyStatus(status: number): Outcome {
  return status < 500 ? SUCCESS : (ILL.get(status) ?? SUCCESS);
}

export function outcomeOf(end: AttemptEnd): Outcome {
  return typeof end === 'number' ? classifyStatus(end) : (FAILURES.get(end) ?? NEUTRAL);
}
