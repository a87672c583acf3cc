import { attemptFinished, attemptStarted, pick } from '../../../../../data-plane/routing/pick.js';
import { applyLoad } from '../../../../../data-plane/routing/backend-load.js';
import type { PoolTable } from '../../../../../data-plane/routing/routing-table.js';
import { backendId, poolId } from '../../../../../shared/ids.js';
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
const algorithm = 'least-connections';

function picks(pool: PoolTable, count: number): string {
  return Array.from({ length: count }, () => pick(pool, [], random)?.backend.id ?? '-').join('');
}

function poolWith(weights: Record<string, number>): PoolTable {
  const backends = Object.entries(weights).map(([id, weight]) => aBackend(id, { weight }));
  return aPoolTable(backends, { algorithm }, { random: () => 0 });
}

describe('least connections', () => {
  it('rotates while the pool is idle, in proportion to the weights', () => {
    expect(picks(poolWith({ a: 1, b: 1, c: 1 }), 6)).toBe('abcabc');
    const weighted = picks(poolWith({ a: 2, b: 1 }), 9);
    expect(weighted.split('').filter((id) => id === 'a')).toHaveLength(6);
  });

  it('picks the one with the fewest requests in flight per weight', () => {
    const pool = poolWith({ a: 1, b: 1, c: 3 });
    const [a, b, c] = pool.backends;
    for (const entry of [a!, a!, b!, c!, c!]) attemptStarted(entry);
    expect(picks(pool, 1)).toBe('c');
    attemptStarted(c!);
    attemptStarted(c!);
    attemptStarted(c!);
    // (1 + 1) / 1 against (5 + 1) / 3: equal; the one whose turn is longer ago.
    attemptFinished(b!);
    expect(picks(pool, 1)).toBe('b');
  });

  it('counts the requests of other workers', () => {
    const table = tableOf(aSnapshot([aPool([aBackend('a'), aBackend('b')], { algorithm })]));
    const told = { pool: poolId('default'), backend: backendId('a'), active: 2 };
    applyLoad(table, { type: 'load', backends: [told] });
    expect(picks(poolOf(table), 3)).toBe('bbb');
  });

  it('follows loads that change under a later table', () => {
    const snapshot = aSnapshot([aPool([aBackend('a'), aBackend('b')], { algorithm })]);
    const first = tableOf(snapshot, { random: () => 0 });
    const a = pick(poolOf(first), [], random)!.backend;
    attemptStarted(a);
    const second = tableOf({ ...snapshot, version: 2 }, {}, first);
    expect(picks(poolOf(second), 2)).toBe('bb');
    attemptFinished(a);
    expect(picks(poolOf(second), 3)).toBe('aba');
  });

  it('begins elsewhere in each worker', () => {
    const backends = [aBackend('a'), aBackend('b'), aBackend('c')];
    const first = (worker: number): string =>
      picks(aPoolTable(backends, { algorithm }, { worker, workers: 3 }), 1);
    expect([0, 1, 2].map(first)).toEqual(['a', 'b', 'c']);
  });

  it('passes over what was tried, and lets it in again', () => {
    const pool = poolWith({ a: 1, b: 1, c: 1 });
    const [a, b, c] = pool.backends;
    expect(pick(pool, [a!, b!], random)?.backend).toBe(c);
    expect(pick(pool, [a!, b!, c!], random)).toBeNull();
    expect(picks(pool, 3)).toBe('abc');
  });

  it('has nothing to give in an empty pool', () => {
    expect(picks(poolWith({}), 1)).toBe('-');
  });
});
