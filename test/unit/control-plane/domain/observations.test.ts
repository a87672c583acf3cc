import {
  blankObservations,
  initialObservations,
  withObservations,
  withPoolObservations,
} from '../../../../control-plane/domain/observations.js';
import { backendId, poolId } from '../../../../shared/ids.js';

const [p, q] = [poolId('p'), poolId('q')];
const [a, b] = [backendId('a'), backendId('b')];

describe('observations', () => {
  it('begin empty', () => {
    const { pools, workers, nextPermit } = initialObservations();
    expect([pools.size, workers, nextPermit]).toEqual([0, [], 1]);
  });

  it('of a backend take the place of what was remembered of it, and leave all else', () => {
    const first = withObservations(initialObservations(), p, a, blankObservations(1));
    const second = withObservations(first, p, b, blankObservations(2));
    const third = withObservations(second, q, a, blankObservations(3));
    const last = withObservations(third, p, a, blankObservations(4));
    const generations = (pool: typeof p) =>
      Object.fromEntries([...(last.pools.get(pool) ?? [])].map(([id, seen]) => [id, seen.generation]));
    expect(generations(p)).toEqual({ a: 4, b: 2 });
    expect(generations(q)).toEqual({ a: 3 });
    expect(first.pools.get(p)?.get(a)?.generation).toBe(1);
    expect(first.pools.get(p)?.has(b)).toBe(false);
  });

  it('of a pool take the place of all that was remembered of it', () => {
    const before = withObservations(initialObservations(), p, a, blankObservations(1));
    const after = withPoolObservations(before, p, new Map([[b, blankObservations(2)]]));
    expect([...(after.pools.get(p)?.keys() ?? [])]).toEqual([b]);
    expect([...(before.pools.get(p)?.keys() ?? [])]).toEqual([a]);
  });
});
