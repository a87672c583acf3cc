import { NO_LIMIT } from '../../../../data-plane/routing/backend-load.js';
import { shareOf } from '../../../../data-plane/routing/connection-share.js';

describe('a worker’s share of a connection limit', () => {
  it.each([
    [undefined, 4, NO_LIMIT],
    [100, 1, 100],
    [100, 4, 25],
    [10, 4, 2],
    [3, 4, 1],
    [1, 64, 1],
    [7, 0, 7],
  ])('of %s for %s workers is %s at least', (limit, workers, share) => {
    expect(shareOf(limit, { workers })).toBe(share);
  });

  it.each([
    [7, 4],
    [100, 8],
    [8, 4],
    [5, 5],
    [1_000_000, 7],
  ])('of %s adds up to it over %s workers', (limit, workers) => {
    const shares = Array.from({ length: workers }, (_, index) => shareOf(limit, { workers, index }));
    expect(shares.reduce((sum, share) => sum + share)).toBe(limit);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  });

  it('is one for each where there are more workers than that', () => {
    for (const index of [0, 1, 3]) expect(shareOf(2, { workers: 4, index })).toBe(1);
  });
});
