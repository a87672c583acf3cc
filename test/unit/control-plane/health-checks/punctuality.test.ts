import { Punctuality } from '../../../../control-plane/health-checks/punctuality.js';

const IN_TIME = { lateMs: 20, intervalMs: 1_000 };
const LATE = { lateMs: 3_000, intervalMs: 1_000 };

describe('punctuality', () => {
  it('is behind while a check of the last seconds was late, and not for ever', () => {
    const punctuality = new Punctuality();
    punctuality.begun(IN_TIME, 100);
    expect(punctuality.lag(0, null, 200)).toEqual({ waiting: 0, lateMs: 20, behind: false });
    punctuality.begun(LATE, 300);
    expect(punctuality.lag(0, null, 400)).toEqual({ waiting: 0, lateMs: 3_000, behind: true });
    expect(punctuality.lag(0, null, 5_100)).toEqual({ waiting: 0, lateMs: 3_000, behind: true });
    expect(punctuality.lag(0, null, 10_200)).toEqual({ waiting: 0, lateMs: 0, behind: false });
  });

  it('is behind by what waits, before that has begun', () => {
    const punctuality = new Punctuality();
    expect(punctuality.lag(5, LATE, 100)).toEqual({ waiting: 5, lateMs: 3_000, behind: true });
    expect(punctuality.lag(5, IN_TIME, 200)).toEqual({ waiting: 5, lateMs: 20, behind: false });
  });

  it.each([
    [900, 100, false],
    [1_100, 100, true],
    [14_000, 30_000, false],
    [16_000, 30_000, true],
  ])('takes %i ms of an interval of %i ms for too late: %s', (lateMs, intervalMs, behind) => {
    expect(new Punctuality().lag(1, { lateMs, intervalMs }, 0).behind).toBe(behind);
  });

  it('forgets after a long pause', () => {
    const punctuality = new Punctuality();
    punctuality.begun(LATE, 100);
    expect(punctuality.lag(0, null, 60_000).behind).toBe(false);
  });
});
