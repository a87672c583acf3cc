import { availability } from '../../../../control-plane/domain/availability.js';
import type { AdminState, Availability, BreakerPhase, Health } from '../../../../shared/backend-state.js';

type Row = readonly [AdminState, Health, BreakerPhase, Availability];

// Written out in full, not derived: all 27 of them.
const TABLE: readonly Row[] = [
  ['ready', 'healthy', 'closed', 'available'],
  ['ready', 'healthy', 'open', 'ejected'],
  ['ready', 'healthy', 'half-open', 'trial'],
  ['ready', 'unhealthy', 'closed', 'unhealthy'],
  ['ready', 'unhealthy', 'open', 'unhealthy'],
  ['ready', 'unhealthy', 'half-open', 'unhealthy'],
  ['ready', 'unknown', 'closed', 'unchecked'],
  ['ready', 'unknown', 'open', 'unchecked'],
  ['ready', 'unknown', 'half-open', 'unchecked'],
  ['draining', 'healthy', 'closed', 'draining'],
  ['draining', 'healthy', 'open', 'ejected'],
  ['draining', 'healthy', 'half-open', 'draining'],
  ['draining', 'unhealthy', 'closed', 'unhealthy'],
  ['draining', 'unhealthy', 'open', 'unhealthy'],
  ['draining', 'unhealthy', 'half-open', 'unhealthy'],
  ['draining', 'unknown', 'closed', 'unchecked'],
  ['draining', 'unknown', 'open', 'unchecked'],
  ['draining', 'unknown', 'half-open', 'unchecked'],
  ['maintenance', 'healthy', 'closed', 'maintenance'],
  ['maintenance', 'healthy', 'open', 'maintenance'],
  ['maintenance', 'healthy', 'half-open', 'maintenance'],
  ['maintenance', 'unhealthy', 'closed', 'maintenance'],
  ['maintenance', 'unhealthy', 'open', 'maintenance'],
  ['maintenance', 'unhealthy', 'half-open', 'maintenance'],
  ['maintenance', 'unknown', 'closed', 'maintenance'],
  ['maintenance', 'unknown', 'open', 'maintenance'],
  ['maintenance', 'unknown', 'half-open', 'maintenance'],
];

describe('availability', () => {
  it.each(TABLE)('%s, %s, %s is %s', (admin, health, breaker, expected) => {
    expect(availability(admin, health, breaker)).toBe(expected);
  });
});
