/**
 * Applies a worker's report to the backends in it, depending on the phase of the breaker. Closed: outcomes go into the
 * window. Open: outcomes are ignored, because their requests began before the breaker opened. Half-open: only trials count.
 * If the pool is in panic, a half-open backend serves like any other and all its traffic counts as trials.
 */
import type { BackendOutcomes } from '#shared/outcome.js';
import type { CommandOf } from './commands.js';
import { openBreaker, recordInWindow } from './breaker.js';
import { mostFrequent } from './failure-window.js';
import { recordConnectFailures } from './health.js';
import { recordResolved } from './resolved.js';
import type { BackendState } from './state.js';
import type { Transaction } from './transaction.js';
import { addTrialSuccesses, grantPermits, recordTrials } from './trials.js';
import type { WorkerId } from './worker-id.js';

export function recordOutcomes(
  tx: Transaction,
  { worker, outcomes: report }: CommandOf<'RecordOutcomes'>,
): void {
  for (const outcomes of report) recordBackendOutcomes(tx, worker, outcomes);
}

function recordBackendOutcomes(tx: Transaction, worker: WorkerId, outcomes: BackendOutcomes): void {
  const { pool, backend: id, generation } = outcomes;
  const before = tx.backend(pool, id, generation);
  if (before === undefined) return;
  const { resolved } = outcomes;
  if (resolved !== undefined) recordResolved(tx, { pool, backend: before }, 'traffic', resolved);
  recordTraffic(tx, worker, before, outcomes);
  if (outcomes.trials.length > 0) recordTrials(tx, worker, outcomes);
  const after = tx.knownBackend(pool, id);
  if ((outcomes.failures.connect ?? 0) > 0 && !anySuccess(outcomes)) recordConnectFailures(tx, pool, after);
  if (outcomes.trials.length > 0) grantPermits(tx, pool, after);
}

function recordTraffic(
  tx: Transaction,
  worker: WorkerId,
  backend: BackendState,
  outcomes: BackendOutcomes,
): void {
  const pool = tx.knownPool(outcomes.pool);
  if (pool.settings.breaker === null) return;
  switch (backend.breaker.phase) {
    case 'closed':
      recordInWindow(tx, backend, outcomes, pool.settings.breaker);
      return;
    case 'open':
      return;
    case 'half-open':
      if (pool.panic) recordPanicTraffic(tx, worker, backend, outcomes);
  }
}

function recordPanicTraffic(
  tx: Transaction,
  worker: WorkerId,
  backend: BackendState,
  outcomes: BackendOutcomes,
): void {
  const reason = mostFrequent(outcomes.failures);
  if (reason !== null) {
    openBreaker(tx, outcomes.pool, backend, { kind: 'trial-failed', worker, reason });
  } else if (outcomes.successes > 0) {
    addTrialSuccesses(tx, outcomes.pool, backend, outcomes.successes);
  }
}

function anySuccess(outcomes: BackendOutcomes): boolean {
  return outcomes.successes > 0 || outcomes.trials.some((trial) => trial.result === 'success');
}
