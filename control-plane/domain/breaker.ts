/**
 * The transitions of a breaker: closed → open → half-open → closed or open again. A closed breaker opens when its window has
 * enough failures and a large enough share of failures. An open breaker becomes half-open only by time. A half-open breaker
 * leaves that phase only by trials.
 */
import { assert } from '#shared/assert.js';
import type { PoolId } from '#shared/ids.js';
import type { BackendOutcomes } from '#shared/outcome.js';
import type { BreakerSettings } from '#shared/settings.js';
import { openDurationMs, rememberedOpenings } from './backoff.js';
import type { BreakerEvidence, OutcomeBucket } from './evidence.js';
import { addOutcomes, countFailures, secondOf, totals } from './failure-window.js';
import type { BackendState } from './state.js';
import type { Transaction } from './transaction.js';

/** The evidence that opens a closed breaker; `null` if the window is below a threshold. */
function windowEvidence(window: readonly OutcomeBucket[], settings: BreakerSettings): BreakerEvidence | null {
  const { successes, failures } = totals(window);
  const { failureThreshold, failureRatio } = settings;
  if (failures < failureThreshold || failures < failureRatio * (successes + failures)) return null;
  return { kind: 'window', buckets: window, successes, failures, failureThreshold, failureRatio };
}

/** Adds outcomes to the window of a closed breaker, and opens the breaker if the window now has too many failures. */
export function recordInWindow(
  tx: Transaction,
  backend: BackendState,
  outcomes: BackendOutcomes,
  settings: BreakerSettings,
): void {
  const failures = countFailures(outcomes.failures);
  if (outcomes.successes + failures === 0) return;
  const seen = tx.seen(outcomes.pool, backend);
  const window = addOutcomes(seen.window, secondOf(tx.at), outcomes, settings.windowMs);
  tx.remember(outcomes.pool, backend, { ...seen, window });
  const evidence = failures === 0 ? null : windowEvidence(window, settings);
  if (evidence !== null) openBreaker(tx, outcomes.pool, backend, evidence);
}

/** Opens a closed breaker because of its window, or a half-open breaker because of a failed trial. */
export function openBreaker(
  tx: Transaction,
  pool: PoolId,
  backend: BackendState,
  evidence: BreakerEvidence,
): void {
  const settings = tx.knownBreaker(pool);
  const { breaker } = backend;
  assert(breaker.phase !== 'open', 'an open breaker was opened');
  const before =
    breaker.phase === 'closed'
      ? rememberedOpenings(breaker.openings, tx.at - breaker.since, settings)
      : breaker.openings;
  const openings = before + 1;
  const until = tx.at + openDurationMs(openings, settings, tx.random());
  tx.emit('BreakerOpened', { pool, backend: backend.id }, { from: breaker.phase, openings, until, evidence });
}

/** Makes an open breaker half-open if its time has come. */
export function halfOpenWhenDue(tx: Transaction, pool: PoolId, backend: BackendState): void {
  const { breaker } = backend;
  if (breaker.phase !== 'open' || breaker.until > tx.at) return;
  const { halfOpenLimit } = tx.knownBreaker(pool);
  const about = { pool, backend: backend.id };
  tx.emit('BreakerHalfOpened', about, { openedAt: breaker.since, limit: halfOpenLimit });
}

/** Closes a breaker that is not closed: its trials succeeded, or its pool no longer has a breaker. */
export function closeBreaker(
  tx: Transaction,
  pool: PoolId,
  backend: BackendState,
  why: { readonly cause: 'trials' | 'disabled'; readonly successes: number; readonly causedBy?: number },
): void {
  const { breaker } = backend;
  assert(breaker.phase !== 'closed', 'a closed breaker was closed');
  const data = { from: breaker.phase, cause: why.cause, successes: why.successes };
  tx.emit('BreakerClosed', { pool, backend: backend.id }, data, why.causedBy);
}
