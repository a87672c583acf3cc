/**
 * Trial permits. A permit lets one worker send one request to a half-open backend. Over all workers of this host, a backend
 * never has more than `halfOpenLimit` trials at once. To ensure that, a permit stays out from its grant until the worker
 * reports the end of the exchange, or the worker is gone. If the breaker opens or closes meanwhile, the permit stays out and
 * counts against the next half-open phase.
 *
 * A trial succeeds when its response is complete; the worker reports that (`data-plane/README.md`, Outcomes).
 *
 * Expiry only protects against a worker that forgets a permit. A trial may be a download or a WebSocket and run for long,
 * and an expiry while it runs would exceed the limit. Therefore permits expire after an hour and not after the response
 * timeout. One gap remains: the successor of a dead primary does not know which trials its workers still run.
 */
import { assert } from '#shared/assert.js';
import { availabilityOf, servesByTrialsOnly, trafficOf } from '#shared/availability.js';
import type { PoolId } from '#shared/ids.js';
import type { BackendOutcomes, FailureCause, TrialReport } from '#shared/outcome.js';
import { closeBreaker, openBreaker } from './breaker.js';
import { NO_TRIALS, type OutstandingPermit } from './observations.js';
import { trippedBackends } from './pool-state.js';
import type { BackendState } from './state.js';
import type { Transaction } from './transaction.js';
import { sameWorker, type WorkerId } from './worker-id.js';

/** How long a permit may be out before it counts as lost, in milliseconds. */
export const TRIAL_PERMIT_EXPIRY_MS = 3_600_000;

/** Applies a worker's report on its permits for an existing backend. Permits of other workers are ignored. */
export function recordTrials(tx: Transaction, worker: WorkerId, outcomes: BackendOutcomes): void {
  const { pool } = outcomes;
  for (const report of outcomes.trials) {
    const backend = tx.knownBackend(pool, outcomes.backend);
    recordTrial(tx, worker, { pool, backend }, report);
  }
}

interface TrialBackend {
  readonly pool: PoolId;
  readonly backend: BackendState;
}

function recordTrial(
  tx: Transaction,
  worker: WorkerId,
  { pool, backend }: TrialBackend,
  report: TrialReport,
): void {
  const seen = tx.seen(pool, backend);
  const trials = seen.trials ?? NO_TRIALS;
  const held = trials.permits.find((one) => one.permit === report.permit && sameWorker(one.worker, worker));
  if (held === undefined || (report.result === null && !report.returned)) return;
  const others = trials.permits.filter((one) => one !== held);
  const permits = report.returned ? others : [...others, { ...held, spent: true }];
  tx.remember(pool, backend, { ...seen, trials: { ...trials, permits } });
  if (held.spent || backend.breaker.phase !== 'half-open') return;
  if (report.result === 'success') addTrialSuccesses(tx, pool, backend, 1);
  if (report.result === 'failure') {
    openBreaker(tx, pool, backend, { kind: 'trial-failed', worker, ...causeOf(report) });
  }
}

function causeOf({ reason, status }: TrialReport): Partial<FailureCause> {
  if (reason === undefined) return {};
  return status === undefined ? { reason } : { reason, status };
}

/** Counts successes, and closes the breaker at the last one needed. */
export function addTrialSuccesses(tx: Transaction, pool: PoolId, backend: BackendState, count: number): void {
  const needed = tx.knownBreaker(pool).halfOpenSuccesses;
  const seen = tx.seen(pool, backend);
  const trials = seen.trials ?? NO_TRIALS;
  const successes = trials.successes + count;
  tx.remember(pool, backend, { ...seen, trials: { ...trials, successes } });
  if (successes >= needed) closeBreaker(tx, pool, backend, { cause: 'trials', successes });
}

/** Removes permits that have been out for too long. */
export function expirePermits(tx: Transaction, pool: PoolId, backend: BackendState): void {
  const seen = tx.seen(pool, backend);
  if (seen.trials === null || !seen.trials.permits.some((one) => one.expiresAt <= tx.at)) return;
  const permits = seen.trials.permits.filter((one) => one.expiresAt > tx.at);
  tx.remember(pool, backend, { ...seen, trials: { ...seen.trials, permits } });
}

/** Grants permits in every pool that has a backend to try. */
export function grantEverywhere(tx: Transaction): void {
  for (const [id, pool] of tx.state.pools) if (pool.tripped.size > 0) grantInPool(tx, id);
}

export function grantInPool(tx: Transaction, id: PoolId): void {
  const pool = tx.pool(id);
  if (pool === undefined) return;
  for (const backend of trippedBackends(pool)) grantPermits(tx, id, backend);
}

/**
 * Grants the permits that the limit leaves, to ready workers in turn. A backend gets none if it may not be tried at present:
 * it is unhealthy, in maintenance or of weight 0, or its pool is in panic and it serves anyway. Workers would only return
 * the permits.
 */
export function grantPermits(tx: Transaction, poolId: PoolId, backend: BackendState): void {
  const pool = tx.knownPool(poolId);
  const { workers } = tx.observations;
  const traffic = trafficOf({ ...backend, availability: availabilityOf(backend) }, pool.panic);
  if (workers.length === 0 || !servesByTrialsOnly(traffic)) return;
  const seen = tx.seen(poolId, backend);
  const trials = seen.trials ?? NO_TRIALS;
  const missing = tx.knownBreaker(poolId).halfOpenLimit - trials.permits.length;
  if (missing <= 0) return;
  const permits = [...trials.permits];
  let lastWorker = trials.lastWorker;
  for (let count = 0; count < missing; count += 1) {
    lastWorker = workerAfter(workers, lastWorker);
    permits.push(newPermit(tx.nextPermit(), lastWorker, tx.at));
  }
  tx.remember(poolId, backend, { ...seen, trials: { ...trials, permits, lastWorker } });
}

function newPermit(permit: number, worker: WorkerId, at: number): OutstandingPermit {
  return { permit, worker, grantedAt: at, expiresAt: at + TRIAL_PERMIT_EXPIRY_MS, spent: false };
}

/** The worker after this one, in the order in which workers became ready; the first one if this one is gone. */
function workerAfter(workers: readonly WorkerId[], last: WorkerId | null): WorkerId {
  const place =
    last === null ? 0 : (workers.findIndex((ready) => sameWorker(ready, last)) + 1) % workers.length;
  const next = workers[place];
  assert(next !== undefined, 'no worker is ready');
  return next;
}
