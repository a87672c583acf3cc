/**
 * Rise and fall: how many checks in a row make a backend unhealthy or healthy again. A backend that was never checked
 * becomes healthy at its first passed check. Connect failures of real traffic count as one failed check per fast interval,
 * because traffic notices a dead backend long before the next check. This file neither schedules nor makes checks.
 */
import type { Health } from '#shared/backend-state.js';
import type { PoolId } from '#shared/ids.js';
import type { HealthCheckSettings } from '#shared/settings.js';
import type { CommandOf } from './commands.js';
import type { CheckResult } from './evidence.js';
import type { BackendState } from './state.js';
import { recordResolved } from './resolved.js';
import type { Transaction } from './transaction.js';

/** Passes in a row that make a backend healthy if no check has decided yet. */
const FIRST_PASSES = 1;

/** The effect of one more result: the run of contrary results, and the new health if the run is long enough. */
interface HealthStep {
  readonly run: readonly CheckResult[];
  readonly becomes: 'healthy' | 'unhealthy' | null;
  readonly threshold: number;
}

function stepHealth(
  health: Health,
  run: readonly CheckResult[],
  result: CheckResult,
  settings: HealthCheckSettings,
): HealthStep {
  const agrees = result.passed ? health === 'healthy' : health === 'unhealthy';
  const threshold = thresholdFor(health, result.passed, settings);
  if (agrees) return { run: run.length === 0 ? run : [], becomes: null, threshold };
  // All results of a run are equal. A pass after failures of an unknown backend therefore begins a new run.
  const longer = run.at(-1)?.passed === result.passed ? [...run, result] : [result];
  if (longer.length < threshold) return { run: longer, becomes: null, threshold };
  return { run: longer, becomes: result.passed ? 'healthy' : 'unhealthy', threshold };
}

function thresholdFor(health: Health, passed: boolean, settings: HealthCheckSettings): number {
  if (!passed) return settings.failureThreshold;
  return health === 'unknown' ? FIRST_PASSES : settings.successThreshold;
}

export function recordHealthCheck(
  tx: Transaction,
  { pool, backend: id, generation, result }: CommandOf<'RecordHealthCheck'>,
): void {
  const backend = tx.backend(pool, id, generation);
  if (backend !== undefined) recordCheck(tx, pool, backend, result);
}

/** Applies one check result. Pools without a check ignore it, because the check was removed while it ran. */
function recordCheck(tx: Transaction, pool: PoolId, backend: BackendState, result: CheckResult): void {
  const settings = tx.knownPool(pool).settings.healthCheck;
  if (settings === null) return;
  if (result.resolved !== undefined) recordResolved(tx, { pool, backend }, 'checks', result.resolved);
  const seen = tx.seen(pool, backend);
  const { run, becomes, threshold } = stepHealth(backend.health, seen.checks, result, settings);
  if (becomes === null) {
    if (run !== seen.checks) tx.remember(pool, backend, { ...seen, checks: run });
    return;
  }
  const type = becomes === 'healthy' ? 'BackendBecameHealthy' : 'BackendBecameUnhealthy';
  const evidence = { kind: 'checks', results: run, threshold } as const;
  tx.emit(type, { pool, backend: backend.id }, { from: backend.health, evidence });
}

/** Counts connect failures of traffic as one failed check. To be called only if no attempt succeeded. */
export function recordConnectFailures(tx: Transaction, pool: PoolId, backend: BackendState): void {
  const settings = tx.knownPool(pool).settings.healthCheck;
  if (settings === null) return;
  const seen = tx.seen(pool, backend);
  const last = seen.passiveFailureAt;
  if (last !== null && tx.at - last < settings.fastIntervalMs) return;
  tx.remember(pool, backend, { ...seen, passiveFailureAt: tx.at });
  recordCheck(tx, pool, backend, {
    at: tx.at,
    passed: false,
    durationMs: 0,
    error: 'connect failed in traffic',
  });
}
