/**
 * When `AdvanceTime` next matters: an open breaker is due to try again, or a permit counts as lost. The control loop
 * keeps one timer for it. Looks only at breakers that are not closed, however large the pools are.
 */
import type { World } from './decision.js';

/** Milliseconds since 1970; `null`: nothing waits for time to pass. May lie in the past. */
export function nextDeadline(world: World): number | null {
  let earliest = Infinity;
  for (const [id, pool] of world.state.pools) {
    for (const backendId of pool.tripped) {
      const breaker = pool.backends.get(backendId)?.breaker;
      if (breaker?.phase === 'open') {
        earliest = Math.min(earliest, breaker.until);
        continue;
      }
      const permits = world.observations.pools.get(id)?.get(backendId)?.trials?.permits ?? [];
      for (const permit of permits) earliest = Math.min(earliest, permit.expiresAt);
    }
  }
  return earliest === Infinity ? null : earliest;
}
