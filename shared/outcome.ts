/** The outcomes of attempts, as workers count them and report them to the primary. */
import type { BackendId, PoolId } from './ids.js';

/**
 * Why an attempt failed. `connect`: no connection (refused, unreachable, TLS, connect timeout). `reset`: closed before the
 * response head. `timeout`: no response head in time. `malformed`: not HTTP. `status`: 500, 502, 503 or 504. `body`: broken
 * off during the response body.
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
  /** The status code, if the reason is `status`. */
  readonly status?: number;
}

/**
 * The outcome of one attempt, known when the attempt is over. A backend that breaks off its response has failed, whatever
 * its head said. `neutral` means that the attempt says nothing about the backend (the client went away).
 */
export type Outcome =
  { readonly kind: 'success' } | ({ readonly kind: 'failure' } & FailureCause) | { readonly kind: 'neutral' };

/**
 * A report about a trial permit. The worker reports the result when it is known, and the return when the exchange is over or
 * the permit was not used. A failure includes its cause.
 */
export interface TrialReport extends Partial<FailureCause> {
  readonly permit: number;
  readonly result: 'success' | 'failure' | null;
  readonly returned: boolean;
}

/** Outcomes of attempts to one backend since the last report. Trials are counted in `trials` only. */
export interface BackendOutcomes {
  readonly pool: PoolId;
  readonly backend: BackendId;
  readonly generation: number;
  readonly successes: number;
  /** Count per reason. Absent means 0. */
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  readonly trials: readonly TrialReport[];
  /** The addresses of new connections, if they have changed. Absent if the backend is configured by its address. */
  readonly resolved?: readonly string[];
}

/** Workers report at least this often while there is something to report, in milliseconds. */
export const REPORT_INTERVAL_MS = 100;
/** Workers report a failure or news about a trial within this time, in milliseconds. */
export const REPORT_FAILURE_DELAY_MS = 10;
