import { ratiosByRound, rotated, spreadOf } from '../../bench/statistics.js';

describe('spreadOf', () => {
  it.each([
    { values: [3], median: 3, min: 3, max: 3 },
    { values: [9, 1, 2], median: 2, min: 1, max: 9 },
    { values: [4, 1, 2, 3], median: 2.5, min: 1, max: 4 },
  ])('finds the middle and the ends of $values', ({ values, ...spread }) => {
    expect(spreadOf(values)).toEqual(spread);
  });

  it('makes no figure of nothing', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });

  it('leaves its argument as it was', () => {
    const values = [2, 1];
    spreadOf(values);
    expect(values).toEqual([2, 1]);
  });
});

describe('ratiosByRound', () => {
  it('compares within rounds alone and leaves out what has no counterpart', () => {
    const subject = new Map([
      [0, 30],
      [1, 10],
      [2, 5],
      [3, 7],
    ]);
    const reference = new Map([
      [0, 10],
      [1, 20],
      [3, 0],
    ]);
    expect(ratiosByRound(subject, reference)).toEqual([3, 0.5]);
  });
});

describe('rotated', () => {
  it('begins at each place in turn', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ]);
  });

  it('turns nothing into nothing', () => {
    expect(rotated([], 5)).toEqual([]);
  });
});
