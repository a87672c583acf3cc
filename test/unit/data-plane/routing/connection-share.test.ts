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
  ])('of %s for %s workers is %s', (limit, workers, share) => {
    expect(shareOf(limit, workers)).toBe(share);
  });
});
