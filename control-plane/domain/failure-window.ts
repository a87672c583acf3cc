/**
 * The outcomes of a backend in buckets of one second, for the length of the breaker's window. Pure and immutable. A window
 * has at most one bucket per second of its length. This file only counts; `breaker.ts` judges.
 */
import { FAILURE_REASONS, type FailureReason } from '#shared/outcome.js';
import type { OutcomeBucket } from './evidence.js';

type Failures = Readonly<Partial<Record<FailureReason, number>>>;

interface WindowTotals {
  readonly successes: number;
  readonly failures: number;
}

export function countFailures(failures: Failures): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}

/**
 * The most frequent reason. If several are equally frequent, the first in the order of `FAILURE_REASONS`; `null` if nothing
 * failed.
 */
export function mostFrequent(failures: Failures): FailureReason | null {
  let most: FailureReason | null = null;
  for (const reason of FAILURE_REASONS) {
    if ((failures[reason] ?? 0) > (most === null ? 0 : (failures[most] ?? 0))) most = reason;
  }
  return most;
}

/** The second that contains a time. Seconds and milliseconds since 1970. */
export function secondOf(at: number): number {
  return Math.floor(at / 1_000);
}

/**
 * Adds outcomes to the bucket of `second` and drops the seconds that have left the window. If time went back, the outcomes
 * count for the newest second.
 */
export function addOutcomes(
  window: readonly OutcomeBucket[],
  second: number,
  outcomes: { readonly successes: number; readonly failures: Failures },
  windowMs: number,
): readonly OutcomeBucket[] {
  const last = window.at(-1);
  const same = last !== undefined && last.second >= second;
  const now = same ? last.second : second;
  const bucket: OutcomeBucket = {
    second: now,
    successes: (same ? last.successes : 0) + outcomes.successes,
    failures: addFailures(same ? last.failures : {}, outcomes.failures),
  };
  const oldest = now - Math.ceil(windowMs / 1_000);
  const kept = window.filter((one) => one.second > oldest && one.second < now);
  kept.push(bucket);
  return kept;
}

function addFailures(before: Failures, more: Failures): Failures {
  const sum: Partial<Record<FailureReason, number>> = { ...before };
  for (const [reason, count] of Object.entries(more) as [FailureReason, number][]) {
    if (count > 0) sum[reason] = (sum[reason] ?? 0) + count;
  }
  return sum;
}

export function totals(window: readonly OutcomeBucket[]): WindowTotals {
  let successes = 0;
  let failures = 0;
  for (const bucket of window) {
    successes += bucket.successes;
    failures += countFailures(bucket.failures);
  }
  return { successes, failures };
}
