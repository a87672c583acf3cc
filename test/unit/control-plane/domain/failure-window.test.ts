import {
  addOutcomes,
  countFailures,
  mostFrequent,
  secondOf,
  totals,
} from '../../../../control-plane/domain/failure-window.js';

describe('the failure window', () => {
  it('adds up within a second, reason by reason', () => {
    const first = addOutcomes([], 10, { successes: 2, failures: { reset: 1 } }, 5_000);
    const second = addOutcomes(first, 10, { successes: 1, failures: { reset: 2, timeout: 1 } }, 5_000);
    expect(second).toEqual([{ second: 10, successes: 3, failures: { reset: 3, timeout: 1 } }]);
    expect(totals(second)).toEqual({ successes: 3, failures: 4 });
  });

  it('holds exactly as many seconds as the window has, this one included', () => {
    let window = addOutcomes([], 10, { successes: 1, failures: {} }, 3_000);
    for (const second of [11, 12]) {
      window = addOutcomes(window, second, { successes: 1, failures: {} }, 3_000);
    }
    expect(window.map((bucket) => bucket.second)).toEqual([10, 11, 12]);
    window = addOutcomes(window, 13, { successes: 1, failures: {} }, 3_000);
    expect(window.map((bucket) => bucket.second)).toEqual([11, 12, 13]);
  });

  it('names the reason that was met most, the first in order of several', () => {
    expect(mostFrequent({})).toBeNull();
    expect(mostFrequent({ reset: 0 })).toBeNull();
    expect(mostFrequent({ body: 2, connect: 1 })).toBe('body');
    expect(mostFrequent({ body: 2, reset: 2 })).toBe('reset');
  });

  it('counts a part of a second as one', () => {
    let window = addOutcomes([], 10, { successes: 1, failures: {} }, 1_500);
    window = addOutcomes(window, 11, { successes: 1, failures: {} }, 1_500);
    expect(window).toHaveLength(2);
  });

  it('is empty of old seconds after a pause', () => {
    const window = addOutcomes([], 10, { successes: 1, failures: {} }, 5_000);
    expect(addOutcomes(window, 99, { successes: 0, failures: { connect: 1 } }, 5_000)).toEqual([
      { second: 99, successes: 0, failures: { connect: 1 } },
    ]);
  });

  it('adds to the newest second when time goes back', () => {
    const window = addOutcomes([], 10, { successes: 1, failures: {} }, 5_000);
    expect(addOutcomes(window, 8, { successes: 1, failures: {} }, 5_000)).toEqual([
      { second: 10, successes: 2, failures: {} },
    ]);
  });

  it('leaves the window it was given as it was, and keeps no zeros', () => {
    const window = addOutcomes([], 10, { successes: 1, failures: {} }, 5_000);
    const next = addOutcomes(window, 10, { successes: 1, failures: { reset: 0 } }, 5_000);
    expect(window[0]?.successes).toBe(1);
    expect(next[0]?.failures).toEqual({});
  });

  it('knows seconds and sums', () => {
    expect(secondOf(1_999)).toBe(1);
    expect(countFailures({ connect: 2, body: 3 })).toBe(5);
  });
});
