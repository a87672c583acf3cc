import { seededRandom } from '../../../shared/prng.js';

function draw(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random());
}

describe('seeded random numbers', () => {
  it('are the same for the same seed', () => {
    expect(draw(42, 100)).toEqual(draw(42, 100));
  });

  // The first values of mulberry32 for seed 1, worked out by the published reference code.
  it('are those of mulberry32', () => {
    expect(draw(1, 3)).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });

  it('differ for seeds that are neighbours', () => {
    expect(new Set([0, 1, 2, 3].map((seed) => draw(seed, 1)[0])).size).toBe(4);
  });

  it('take any number for a seed', () => {
    expect(draw(-1, 1)).toEqual(draw(0xffff_ffff, 1));
    expect(draw(2 ** 32 + 5, 1)).toEqual(draw(5, 1));
  });

  it('lie in [0, 1) and fill it evenly', () => {
    const buckets = Array.from({ length: 10 }, () => 0);
    const values = draw(7, 100_000);
    expect(values.filter((value) => !(value >= 0 && value < 1))).toEqual([]);
    for (const value of values) buckets[Math.floor(value * 10)]! += 1;
    for (const filled of buckets) expect(Math.abs(filled - 10_000)).toBeLessThan(400);
  });
});
