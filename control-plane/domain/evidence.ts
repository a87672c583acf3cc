/**
 * The evidence of decisions in events and in the journal: check results, outcomes per second, and the reason why health
 * changed or a breaker opened. A new reason becomes a new kind here.
 */
import { FAILURE_REASONS } from '#shared/outcome.js';
import { addresses, count } from '#shared/shape-settings.js';
import {
  finite,
  flag,
  integer,
  list,
  object,
  oneOf,
  partialRecord,
  tagged,
  type TypeOf,
} from '#shared/shape.js';
import { MAX_STORED_LIST, time, words } from './stored-shapes.js';
import { workerId } from './worker-id.js';

export const checkResult = object(
  { at: time, passed: flag, durationMs: time },
  {
    /** Absent if no response arrived. */
    status: integer(0, 999),
    /** Why no complete response arrived, for people. */
    error: words,
    /** The expectation that the response did not meet, for people. Older releases recorded only the status. */
    unmet: words,
    /** The address that was checked. Absent if the backend is configured by its address, or its name was not resolved. */
    address: words,
    /** The addresses of the backend's name, if they have changed. */
    resolved: addresses,
  },
);

/** The result of one health check. */
export interface CheckResult extends TypeOf<typeof checkResult> {}

export const outcomeBucket = object({
  /** Seconds since 1970. */
  second: time,
  successes: count,
  failures: partialRecord(FAILURE_REASONS, count),
});

/** The outcomes of a backend in one second, part of the evidence of a breaker. */
export interface OutcomeBucket extends TypeOf<typeof outcomeBucket> {}

export const healthEvidence = tagged('kind', {
  checks: object({
    /** The run of results that decided, oldest first. */
    results: list(checkResult, MAX_STORED_LIST),
    threshold: count,
  }),
  /** The check was removed from the settings, so the backend counts as healthy. */
  'check-removed': object({}),
});

/** Why health changed: the results that decided it. */
export type HealthEvidence = TypeOf<typeof healthEvidence>;

export const breakerEvidence = tagged('kind', {
  window: object({
    buckets: list(outcomeBucket, MAX_STORED_LIST),
    successes: count,
    failures: count,
    failureThreshold: count,
    failureRatio: finite(0, 1),
  }),
  /** The cause is absent if an older release did not record it. */
  'trial-failed': object(
    { worker: workerId },
    { reason: oneOf(...FAILURE_REASONS), status: integer(100, 599) },
  ),
});

/** Why a breaker opened: the outcomes in its window, or the failed trial. */
export type BreakerEvidence = TypeOf<typeof breakerEvidence>;

export const resolvedBy = oneOf('checks', 'traffic');

/** The side that resolved a name: health checks in the primary, or workers for traffic. */
export type ResolvedBy = TypeOf<typeof resolvedBy>;
