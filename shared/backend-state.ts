/** The three states of a backend, and the availability that follows from them (`availability.ts`). */

/**
 * The state that the operator wants. `draining`: existing sticky sessions stay, but no new traffic arrives. `maintenance`:
 * no traffic at all.
 */
export const ADMIN_STATES = ['ready', 'draining', 'maintenance'] as const;
export type AdminState = (typeof ADMIN_STATES)[number];

/** The result of health checks. */
export const HEALTHS = ['unknown', 'healthy', 'unhealthy'] as const;
export type Health = (typeof HEALTHS)[number];

/** In the usual sense: an open breaker blocks traffic. */
export const BREAKER_PHASES = ['closed', 'open', 'half-open'] as const;
export type BreakerPhase = (typeof BREAKER_PHASES)[number];

/** The availability that follows from the three states. `availability.ts` says which traffic each allows. */
export const AVAILABILITIES = [
  'available',
  'trial',
  'draining',
  'unchecked',
  'unhealthy',
  'ejected',
  'maintenance',
] as const;
export type Availability = (typeof AVAILABILITIES)[number];
