/**
 * When `AdvanceTime` is needed next: an open breaker is due to become half-open, or a permit expires. The control loop keeps
 * one timer for it. The search looks only at breakers that are not closed, so its cost does not grow with the pools.
 */
import type { World } from './decision.js';

/** Milliseconds since 1970, possibly in the past; `null` if nothing is due at a known time. */
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
