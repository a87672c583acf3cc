/** The three things that are true of a backend, and what follows from them (`control-plane/domain/availability.ts`). */

/** What the operator wants. Draining: existing sticky sessions stay, nothing new comes. Maintenance: no traffic at all. */
export type AdminState = 'ready' | 'draining' | 'maintenance';

/** What health checks say. */
export type Health = 'unknown' | 'healthy' | 'unhealthy';

/** Classic sense: open blocks. */
export type BreakerPhase = 'closed' | 'open' | 'half-open';

/**
 * What a worker may do with a backend.
 * available: anything · trial: only with a permit · draining: only sticky sessions that are already there ·
 * unchecked: nothing before its first check · unhealthy, ejected, maintenance: nothing.
 */
export type Availability =
  'available' | 'trial' | 'draining' | 'unchecked' | 'unhealthy' | 'ejected' | 'maintenance';
