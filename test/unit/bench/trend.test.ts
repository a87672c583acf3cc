import { growthOf } from '../../bench/soak-workers.js';
import { trendOf } from '../../bench/trend.js';
import { seededRandom } from '../../../shared/prng.js';

const points = (count: number, figure: (n: number) => number): [number, number][] =>
  Array.from({ length: count }, (_, n) => [n, figure(n)]);

describe('a trend', () => {
  it('is the slope of a straight line, without error', () => {
    const trend = trendOf(points(10, (n) => 3 + 2 * n));
    expect(trend?.slope).toBeCloseTo(2, 10);
    expect(trend?.error).toBeCloseTo(0, 10);
  });

  it('is flat within its error when there is only noise', () => {
    const random = seededRandom(7);
    const trend = trendOf(points(200, () => random()));
    expect(Math.abs(trend?.slope ?? 1)).toBeLessThan(3 * (trend?.error ?? 0));
  });

  it('is found under noise', () => {
    const random = seededRandom(7);
    const trend = trendOf(points(200, (n) => 0.1 * n + random()));
    expect((trend?.slope ?? 0) - 2 * (trend?.error ?? 1)).toBeGreaterThan(0.09);
  });

  it('is less sure where neighbours resemble each other', () => {
    const steps = [4, 1, 3, 0, 4, 1, 3, 0, 4, 1, 3, 0, 4, 1, 3, 0];
    const mixed = trendOf(points(16, (n) => steps[n] ?? 0));
    const grouped = trendOf(points(16, (n) => steps.toSorted((a, b) => (a % 2) - (b % 2) || a - b)[n] ?? 0));
    expect(grouped?.error).toBeGreaterThan(mixed?.error ?? Infinity);
  });

  it('is not made up from three points, or from one moment', () => {
    expect(trendOf(points(3, (n) => n))).toBeNull();
    expect(trendOf([1, 2, 3, 4].map((figure) => [5, figure] as const))).toBeNull();
  });
});

describe('growth of memory', () => {
  it('is in MB per ten minutes and leaves the warm-up out', () => {
    const samples = points(60, (n) => (n < 30 ? n * 5_000_000 : 150_000_000 + (n - 30) * 100_000)).map(
      ([n, bytes]) => [n * 10, bytes] as const,
    );
    expect(growthOf(samples)?.slope).toBeCloseTo(6, 6);
  });
});
