import { isoTime } from '../../../../control-plane/domain/iso-time.js';

describe('isoTime', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [-1, '1969-12-31T23:59:59.999Z'],
    [951_782_399_999, '2000-02-28T23:59:59.999Z'],
    [951_782_400_000, '2000-02-29T00:00:00.000Z'],
    [4_107_542_400_000, '2100-03-01T00:00:00.000Z'],
    [1_767_237_127_250.9, '2026-01-01T03:12:07.250Z'],
  ])('%p is %s', (at, expected) => {
    expect(isoTime(at)).toBe(expected);
  });

  it('agrees with the platform on every day of 900 years, and at odd times of day', () => {
    const wrong: string[] = [];
    for (let day = -200_000; day < 130_000; day += 1) {
      const at = day * 86_400_000 + ((day * 7_919_317) % 86_400_000);
      if (isoTime(at) !== new Date(at).toISOString()) wrong.push(isoTime(at));
    }
    expect(wrong).toEqual([]);
  });
});
