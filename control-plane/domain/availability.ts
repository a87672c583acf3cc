/**
 * Whether a backend may be given traffic: one function of what the operator wants, what health checks say, and what
 * its breaker says. First row that fits, `·` is any:
 *
 *   admin        health     breaker     availability
 *   maintenance  ·          ·           maintenance
 *   ·            unhealthy  ·           unhealthy
 *   ·            unknown    ·           unchecked
 *   ·            healthy    open        ejected
 *   draining     healthy    closed      draining
 *   draining     healthy    half-open   draining
 *   ready        healthy    half-open   trial
 *   ready        healthy    closed      available
 *
 * Panic is not in it: that is a property of the pool (`panic.ts`).
 */
import type { AdminState, Availability, BreakerPhase, Health } from '#shared/backend-state.js';

export function availability(admin: AdminState, health: Health, breaker: BreakerPhase): Availability {
  if (admin === 'maintenance') return 'maintenance';
  if (health === 'unhealthy') return 'unhealthy';
  if (health === 'unknown') return 'unchecked';
  if (breaker === 'open') return 'ejected';
  if (admin === 'draining') return 'draining';
  return breaker === 'half-open' ? 'trial' : 'available';
}
