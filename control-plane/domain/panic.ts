/**
 * Panic: using all backends is better than using none. A pool is in panic when its breakers have taken out more than
 * `maxEjectionPercent` of its ready backends. It is also in panic when no backend is available and at least one is out only
 * because of its breaker. Backends in their trial phase count as taken out. In panic, ejected and trial backends serve like
 * available ones. Unhealthy, unchecked and draining backends and those in maintenance do not. A pool without breaker never
 * panics.
 */
import type { PoolId } from '#shared/ids.js';
import type { PoolSettings } from '#shared/settings.js';
import type { PoolTally } from './state.js';
import type { Transaction } from './transaction.js';

export function mustPanic(
  tally: Pick<PoolTally, 'ready' | 'available' | 'ejected'>,
  settings: PoolSettings,
): boolean {
  if (settings.breaker === null || tally.ejected === 0) return false;
  return tally.available === 0 || tally.ejected * 100 > settings.breaker.maxEjectionPercent * tally.ready;
}

/**
 * Enters or leaves panic according to the pool's backends.
 * @param causedBy number of the event that changed the backends
 */
export function settlePanic(tx: Transaction, poolId: PoolId, causedBy: number): void {
  const pool = tx.pool(poolId);
  if (pool === undefined) return;
  const panic = mustPanic(pool.tally, pool.settings);
  if (panic === pool.panic) return;
  const { ready, ejected } = pool.tally;
  if (panic) {
    const { maxEjectionPercent } = tx.knownBreaker(poolId);
    tx.emit('PanicEntered', { pool: poolId }, { ready, ejected, maxEjectionPercent }, causedBy);
  } else tx.emit('PanicLeft', { pool: poolId }, { ready, ejected }, causedBy);
}
