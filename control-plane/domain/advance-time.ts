/** Handles what is due as time passes: open breakers become half-open, and old permits expire. */
import { halfOpenWhenDue } from './breaker.js';
import { trippedBackends } from './pool-state.js';
import type { Transaction } from './transaction.js';
import { expirePermits, grantEverywhere } from './trials.js';

export function advanceTime(tx: Transaction): void {
  for (const pool of tx.state.pools.values()) {
    for (const backend of trippedBackends(pool)) {
      expirePermits(tx, pool.id, backend);
      halfOpenWhenDue(tx, pool.id, backend);
    }
  }
  grantEverywhere(tx);
}
