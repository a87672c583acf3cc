import { inTransition, nextCheckDelay } from '../../../../control-plane/health-checks/check-plan.js';
import { healthCheck } from '../../../support/domain.js';

const SETTINGS = healthCheck({ intervalMs: 10_000, fastIntervalMs: 1_000, jitter: 0.2 });

describe('inTransition', () => {
  it.each([
    ['unknown', null, true],
    ['unknown', true, true],
    ['unknown', false, true],
    ['healthy', null, false],
    ['healthy', true, false],
    ['healthy', false, true],
    ['unhealthy', null, false],
    ['unhealthy', true, true],
    ['unhealthy', false, false],
  ] as const)('of a backend that is %s, after the result %s: %s', (health, passed, expected) => {
    expect(inTransition(health, passed)).toBe(expected);
  });
});

describe('nextCheckDelay', () => {
  it('is the interval, or the fast one in transition, varied by the jitter', () => {
    expect(nextCheckDelay(SETTINGS, false, () => 0.5)).toBe(10_000);
    expect(nextCheckDelay(SETTINGS, false, () => 0)).toBe(8_000);
    expect(nextCheckDelay(SETTINGS, false, () => 0.999_999)).toBe(12_000);
    expect(nextCheckDelay(SETTINGS, true, () => 0.5)).toBe(1_000);
    expect(nextCheckDelay(SETTINGS, true, () => 0)).toBe(800);
  });

  it('is never longer in transition than else', () => {
    const settings = healthCheck({ intervalMs: 500, fastIntervalMs: 1_000, jitter: 0 });
    expect(nextCheckDelay(settings, true, () => 0.5)).toBe(500);
  });
});
