/**
 * What decisions rest on, as events and the journal carry it: results of checks, outcomes by the second, and what made
 * health change or a breaker open. A new reason for either is a new kind here.
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
    /** Absent: there was no response. */
    status: integer(0, 999),
    /** Why there was no whole answer, for people. */
    error: words,
    /** Which expectation the answer did not meet, for people. Older releases told the status alone. */
    unmet: words,
    /** Where it went. Absent where the backend is given by its address, or its name was not resolved. */
    address: words,
    /** What the backend's name stands for, where that is news. */
    resolved: addresses,
  },
);

/** What one health check saw. */
export interface CheckResult extends TypeOf<typeof checkResult> {}

export const outcomeBucket = object({
  /** Seconds since 1970. */
  second: time,
  successes: count,
  failures: partialRecord(FAILURE_REASONS, count),
});

/** One second of outcomes of a backend, part of a breaker's evidence. */
export interface OutcomeBucket extends TypeOf<typeof outcomeBucket> {}

export const healthEvidence = tagged('kind', {
  checks: object({
    /** The run of results that decided, oldest first. */
    results: list(checkResult, MAX_STORED_LIST),
    threshold: count,
  }),
  /** The check was taken away, so the backend counts as healthy. */
  'check-removed': object({}),
});

/** Why health changed: the very results that decided it. */
export type HealthEvidence = TypeOf<typeof healthEvidence>;

export const breakerEvidence = tagged('kind', {
  window: object({
    buckets: list(outcomeBucket, MAX_STORED_LIST),
    successes: count,
    failures: count,
    failureThreshold: count,
    failureRatio: finite(0, 1),
  }),
  /** The cause is absent where an older release has not told it. */
  'trial-failed': object(
    { worker: workerId },
    { reason: oneOf(...FAILURE_REASONS), status: integer(100, 599) },
  ),
});

/** Why a breaker opened: the outcomes in its window, or the trial that failed. */
export type BreakerEvidence = TypeOf<typeof breakerEvidence>;

export const resolvedBy = oneOf('checks', 'traffic');

/** Who has resolved a name: health checks in the primary, or workers for connections of traffic. */
export type ResolvedBy = TypeOf<typeof resolvedBy>;
