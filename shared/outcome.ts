/** What came of attempts, as workers count it and report it to the primary. */
import type { BackendId, PoolId } from './ids.js';

/**
 * Why an attempt failed. Connect: no connection (refused, unreachable, TLS, connect timeout). Reset: closed before
 * the response head. Timeout: no response head in time. Malformed: not HTTP. Status: 500, 502, 503 or 504. Body: broken
 * off within the response body.
 */
export type FailureReason = 'connect' | 'reset' | 'timeout' | 'malformed' | 'status' | 'body';

export const FAILURE_REASONS: readonly FailureReason[] = [
  'connect',
  'reset',
  'timeout',
  'malformed',
  'status',
  'body',
];

/** Why something failed, as far as it is known. */
export interface FailureCause {
  readonly reason: FailureReason;
  /** Where the reason is `status`: which one. */
  readonly status?: number;
}

/**
 * The outcome of one attempt, known when the attempt is over: a backend that breaks off within its answer has failed, whatever
 * its head said. Neutral: nothing learnt about the backend (the client went away).
 */
export type Outcome =
  { readonly kind: 'success' } | ({ readonly kind: 'failure' } & FailureCause) | { readonly kind: 'neutral' };

/**
 * What became of a trial permit. A permit is reported with its result when that is known, and as returned when its exchange is
 * over or it was not used. A failure tells its cause.
 */
export interface TrialReport extends Partial<FailureCause> {
  readonly permit: number;
  readonly result: 'success' | 'failure' | null;
  readonly returned: boolean;
}

/** Outcomes of attempts to one backend since the last report. Attempts that were trials are in `trials` only. */
export interface BackendOutcomes {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly generation: number;
  readonly successes: number;
  /** Count per reason; absent means 0. */
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  readonly trials: readonly TrialReport[];
  /** Addresses that new connections go to, where that is news. Absent where the backend is given by its address. */
  readonly resolved?: readonly string[];
}

/** Workers report at least this often while there is something to report… */
export const REPORT_INTERVAL_MS = 100;
/** …and within this time of a failure or of news about a trial. */
export const REPORT_FAILURE_DELAY_MS = 10;
