import { pick } from '../../../../../data-plane/routing/pick.js';
import type { PoolTable } from '../../../../../data-plane/routing/routing-table.js';
import { seededRandom } from '../../../../../shared/prng.js';
import {
  aBackend,
  aPool,
  aPoolTable,
  aSnapshot,
  poolOf,
  tableOf,
} from '../../../../support/routing-fixture.js';

const random = seededRandom(7);

function picks(pool: PoolTable, count: number): string[] {
  return Array.from({ length: count }, () => pick(pool, [], random)?.backend.id ?? 'none');
}

describe('round robin', () => {
  it('takes each backend in turn whatever its weight', () => {
    const pool = aPoolTable(
      [aBackend('a', { weight: 9 }), aBackend('b'), aBackend('c')],
      {},
      { random: () => 0 },
    );
    expect(picks(pool, 6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('begins in another part of the pool in each worker', () => {
    const backends = ['a', 'b', 'c', 'd'].map((id) => aBackend(id));
    const firsts = [0, 1, 2, 3].map(
      (worker) => picks(aPoolTable(backends, {}, { worker, workers: 4 }), 1)[0],
    );
    expect(firsts).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes on where it was when a snapshot changes nothing', () => {
    const pools = [aPool(['a', 'b', 'c'].map((id) => aBackend(id)))];
    const first = tableOf(aSnapshot(pools), { random: () => 0 });
    expect(picks(poolOf(first), 2)).toEqual(['a', 'b']);
    const second = tableOf(aSnapshot(pools, { version: 2 }), {}, first);
    expect(picks(poolOf(second), 2)).toEqual(['c', 'a']);
  });

  it('goes on with the next one that still serves when the one in turn is gone', () => {
    const first = tableOf(aSnapshot([aPool(['a', 'b', 'c', 'd'].map((id) => aBackend(id)))]), {
      random: () => 0,
    });
    picks(poolOf(first), 1);
    const rest = [aPool(['d', 'c', 'a'].map((id) => aBackend(id)))];
    expect(picks(poolOf(tableOf(aSnapshot(rest, { version: 2 }), {}, first)), 1)).toEqual(['c']);
  });

  it('begins anew when none of the former backends is left', () => {
    const first = tableOf(aSnapshot([aPool([aBackend('a')])]));
    const second = tableOf(
      aSnapshot([aPool([aBackend('x'), aBackend('y')])], { version: 2 }),
      { random: () => 0.9 },
      first,
    );
    expect(picks(poolOf(second), 1)).toEqual(['y']);
  });

  it('passes over what was tried, and says so when all was', () => {
    const pool = aPoolTable([aBackend('a'), aBackend('b'), aBackend('c')], {}, { random: () => 0 });
    const [a, b, c] = pool.backends;
    expect(pick(pool, [a!], random)?.backend).toBe(b);
    expect(pick(pool, [a!, c!], random)?.backend).toBe(b);
    expect(pick(pool, [a!, b!, c!], random)).toBeNull();
  });

  it('has nothing to give in an empty pool', () => {
    expect(pick(aPoolTable([]), [], random)).toBeNull();
  });
});
