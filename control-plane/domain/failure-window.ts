/**
 * Outcomes of a backend in buckets of one second, for as long as the breaker's window. Told the time; immutable;
 * never longer than the window has seconds. Counts, and does not judge: `breaker.ts` does.
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

/** The reason that was met most; of several, the first in the order of their list. `null`: nothing failed. */
export function mostFrequent(failures: Failures): FailureReason | null {
  let most: FailureReason | null = null;
  for (const reason of FAILURE_REASONS) {
    if ((failures[reason] ?? 0) > (most === null ? 0 : (failures[most] ?? 0))) most = reason;
  }
  return most;
}

/** Second of the epoch that a time is in. */
export function secondOf(at: number): number {
  return Math.floor(at / 1_000);
}

/**
 * The window with these outcomes added to its newest second (that of `second`), without the seconds that have left
 * it. Time that goes back adds to the newest second there is.
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
