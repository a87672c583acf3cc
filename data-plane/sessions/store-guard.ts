/**
 * When a shared session store is asked, and when not, because it would only cost time. Pure; times are the worker's monotonic clock.
 *
 *   state    asked                          becomes
 *   closed   always                         open, by the fifth failure within a second
 *   open     once a second, as a probe      closed, by any answer
 */

/** Failures within the time that open the guard. */
const FAILURES = 5;
const FAILURE_WINDOW_MS = 1_000;
/** Between two probes. */
export const PROBE_INTERVAL_MS = 1_000;

export type StoreGuard =
  /** `failures`: when the last ones were, oldest first. */
  | { readonly is: 'closed'; readonly failures: readonly number[] }
  | { readonly is: 'open'; readonly probeAt: number };

export const CLOSED: StoreGuard = { is: 'closed', failures: [] };

/** The guard after a question was wanted at `now`, and whether it may be asked. */
export function asking(
  guard: StoreGuard,
  now: number,
): { readonly guard: StoreGuard; readonly may: boolean } {
  if (guard.is === 'closed') return { guard, may: true };
  if (now < guard.probeAt) return { guard, may: false };
  return { guard: { is: 'open', probeAt: now + PROBE_INTERVAL_MS }, may: true };
}

/** After an answer, whatever it says. */
export function answered(guard: StoreGuard): StoreGuard {
  return guard.is === 'closed' && guard.failures.length === 0 ? guard : CLOSED;
}

/** After a question without an answer. */
export function failed(guard: StoreGuard, now: number): StoreGuard {
  if (guard.is === 'open') return guard;
  const failures = [...guard.failures.filter((at) => at > now - FAILURE_WINDOW_MS), now];
  return failures.length < FAILURES
    ? { is: 'closed', failures }
    : { is: 'open', probeAt: now + PROBE_INTERVAL_MS };
}
