/** The three things that are true of a backend, and what follows from them (`availability.ts`). */

/** What the operator wants. Draining: existing sticky sessions stay, nothing new comes. Maintenance: no traffic at all. */
export const ADMIN_STATES = ['ready', 'draining', 'maintenance'] as const;
export type AdminState = (typeof ADMIN_STATES)[number];

/** What health checks say. */
export const HEALTHS = ['unknown', 'healthy', 'unhealthy'] as const;
export type Health = (typeof HEALTHS)[number];

/** Classic sense: open blocks. */
export const BREAKER_PHASES = ['closed', 'open', 'half-open'] as const;
export type BreakerPhase = (typeof BREAKER_PHASES)[number];

/** What a backend is by those three. `availability.ts` says what it may get. */
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
