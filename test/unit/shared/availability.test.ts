import {
  availabilityOf,
  isTakenOut,
  isUp,
  servesByTrialsOnly,
  trafficOf,
} from '../../../shared/availability.js';
import type { AdminState, Availability, BreakerPhase, Health } from '../../../shared/backend-state.js';

type Row = readonly [AdminState, Health, BreakerPhase, Availability, normally: string, inPanic: string];

// Written out in full, not derived: all 27 of them, and what each may get, normally and in panic.
const TABLE: readonly Row[] = [
  ['ready', 'healthy', 'closed', 'available', 'new sessions', 'new sessions'],
  ['ready', 'healthy', 'open', 'ejected', '', 'new sessions'],
  ['ready', 'healthy', 'half-open', 'trial', 'trials', 'new sessions trials'],
  ['ready', 'unhealthy', 'closed', 'unhealthy', '', ''],
  ['ready', 'unhealthy', 'open', 'unhealthy', '', ''],
  ['ready', 'unhealthy', 'half-open', 'unhealthy', '', ''],
  ['ready', 'unknown', 'closed', 'unchecked', '', ''],
  ['ready', 'unknown', 'open', 'unchecked', '', ''],
  ['ready', 'unknown', 'half-open', 'unchecked', '', ''],
  ['draining', 'healthy', 'closed', 'draining', 'sessions', 'sessions'],
  ['draining', 'healthy', 'open', 'ejected', '', 'sessions'],
  ['draining', 'healthy', 'half-open', 'draining', 'sessions', 'sessions'],
  ['draining', 'unhealthy', 'closed', 'unhealthy', '', ''],
  ['draining', 'unhealthy', 'open', 'unhealthy', '', ''],
  ['draining', 'unhealthy', 'half-open', 'unhealthy', '', ''],
  ['draining', 'unknown', 'closed', 'unchecked', '', ''],
  ['draining', 'unknown', 'open', 'unchecked', '', ''],
  ['draining', 'unknown', 'half-open', 'unchecked', '', ''],
  ['maintenance', 'healthy', 'closed', 'maintenance', '', ''],
  ['maintenance', 'healthy', 'open', 'maintenance', '', ''],
  ['maintenance', 'healthy', 'half-open', 'maintenance', '', ''],
  ['maintenance', 'unhealthy', 'closed', 'maintenance', '', ''],
  ['maintenance', 'unhealthy', 'open', 'maintenance', '', ''],
  ['maintenance', 'unhealthy', 'half-open', 'maintenance', '', ''],
  ['maintenance', 'unknown', 'closed', 'maintenance', '', ''],
  ['maintenance', 'unknown', 'open', 'maintenance', '', ''],
  ['maintenance', 'unknown', 'half-open', 'maintenance', '', ''],
];

function traffic(admin: AdminState, availability: Availability, weight: number, panic: boolean): string {
  const { serves, keepsSessions, takesTrials } = trafficOf({ admin, availability, weight }, panic);
  return [serves ? 'new' : '', keepsSessions ? 'sessions' : '', takesTrials ? 'trials' : '']
    .filter((word) => word !== '')
    .join(' ');
}

describe('availability', () => {
  it.each(TABLE)('%s, %s, %s is %s', (admin, health, phase, expected) => {
    expect(availabilityOf({ admin, health, breaker: { phase } })).toBe(expected);
  });
});

describe('traffic', () => {
  it.each(TABLE)(
    '%s, %s, %s (%s) gets: %s; in panic: %s',
    (admin, _health, _phase, availability, ...expected) => {
      for (const weight of [1, 7]) {
        const given = [false, true].map((panic) => traffic(admin, availability, weight, panic));
        expect(given).toEqual(expected);
      }
    },
  );

  it.each(TABLE)(
    '%s, %s, %s (%s) of weight 0 keeps sessions at most',
    (admin, _health, _phase, availability, ...full) => {
      const given = [false, true].map((panic) => traffic(admin, availability, 0, panic));
      expect(given).toEqual(full.map((words) => (words.includes('sessions') ? 'sessions' : '')));
    },
  );

  it('goes by trials only to a backend on trial, and in panic to none', () => {
    const byTrialsOnly = (panic: boolean) =>
      TABLE.filter(([admin, , , availability]) =>
        servesByTrialsOnly(trafficOf({ admin, availability, weight: 1 }, panic)),
      ).map(([, , , availability]) => availability);
    expect(byTrialsOnly(false)).toEqual(['trial']);
    expect(byTrialsOnly(true)).toEqual([]);
  });

  it('is taken by a breaker from ready backends alone', () => {
    const out = TABLE.filter(([admin, , , availability]) => isTakenOut({ admin, availability }));
    expect(out.map(([admin, health, phase]) => [admin, health, phase])).toEqual([
      ['ready', 'healthy', 'open'],
      ['ready', 'healthy', 'half-open'],
    ]);
  });

  it('comes to what is up: available or on trial', () => {
    const up = TABLE.filter(([admin, , , availability]) => isUp({ admin, availability }));
    expect(up.map(([, , , availability]) => availability)).toEqual(['available', 'trial']);
  });
});
