import { FLEET_TIMES, scaleTimes } from '../../../../control-plane/fleet/fleet-times.js';

describe('times of a fleet', () => {
  it('are all scaled by one factor', () => {
    const scaled = scaleTimes(FLEET_TIMES, 0.2);
    expect(scaled).toMatchObject({ leaseMs: 1_000, beatEveryMs: 200, forgetHostMs: 12_000 });
    expect(Object.keys(scaled)).toEqual(Object.keys(FLEET_TIMES));
  });

  it('never become nothing', () => {
    expect(Math.min(...Object.values(scaleTimes(FLEET_TIMES, 0.000_01)))).toBe(1);
  });

  it('let a leader renew twice before it has to stop', () => {
    expect(2 * FLEET_TIMES.renewEveryMs).toBeLessThan(FLEET_TIMES.leaseMs - FLEET_TIMES.leaseMarginMs);
  });
});
