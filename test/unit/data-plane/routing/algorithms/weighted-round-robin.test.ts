import { attemptFinished, attemptStarted, pick } from '../../../../../data-plane/routing/pick.js';
import type { PoolTable, RoutingTable } from '../../../../../data-plane/routing/routing-table.js';
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
const algorithm = 'weighted-round-robin';

function picks(pool: PoolTable, count: number): string {
  return Array.from({ length: count }, () => pick(pool, [], random)?.backend.id ?? '-').join('');
}

function tableWith(
  weights: Record<string, number>,
  version: number,
  before: RoutingTable | null = null,
): RoutingTable {
  const backends = Object.entries(weights).map(([id, weight]) => aBackend(id, { weight }));
  return tableOf(aSnapshot([aPool(backends, { algorithm })], { version }), { random: () => 0 }, before);
}

describe('weighted round robin', () => {
  it('spreads the picks of a heavy backend over the cycle', () => {
    expect(picks(poolOf(tableWith({ a: 5, b: 1, c: 1 }, 1)), 7)).toBe('abaaaca');
    expect(picks(poolOf(tableWith({ a: 1, b: 1, c: 1 }, 1)), 6)).toBe('abcabc');
  });

  it('begins elsewhere in the cycle in each worker', () => {
    const backends = [aBackend('a'), aBackend('b')];
    const first = (worker: number): string =>
      picks(aPoolTable(backends, { algorithm }, { worker, workers: 2, random: () => 0 }), 1);
    expect([first(0), first(1)]).toEqual(['a', 'b']);
  });

  it('goes on where it was when a snapshot changes nothing', () => {
    const first = tableWith({ a: 5, b: 1, c: 1 }, 1);
    expect(picks(poolOf(first), 3)).toBe('aba');
    expect(picks(poolOf(tableWith({ a: 5, b: 1, c: 1 }, 2, first)), 4)).toBe('aaca');
  });

  it('takes up a changed weight without a burst', () => {
    const first = tableWith({ a: 4, b: 4 }, 1);
    picks(poolOf(first), 3);
    const after = picks(poolOf(tableWith({ a: 4, b: 1 }, 2, first)), 10);
    expect(after.split('').filter((id) => id === 'b')).toHaveLength(2);
    expect(after).not.toContain('bb');
  });

  it('lets a newcomer in at its share', () => {
    const first = tableWith({ a: 1, b: 1 }, 1);
    picks(poolOf(first), 1_001);
    const after = picks(poolOf(tableWith({ a: 1, b: 1, c: 1 }, 2, first)), 9);
    for (const id of 'abc') expect(after.split('').filter((one) => one === id)).toHaveLength(3);
  });

  it('begins anew after an empty pool', () => {
    const first = tableWith({}, 1);
    expect(picks(poolOf(first), 1)).toBe('-');
    expect(picks(poolOf(tableWith({ a: 1 }, 2, first)), 2)).toBe('aa');
  });

  it('does not drift over millions of picks', () => {
    const pool = poolOf(tableWith({ a: 100, b: 1 }, 1));
    const cycles = 22_000;
    let heavy = 0;
    for (let i = 0; i < cycles * 101; i += 1) if (pick(pool, [], random)?.backend.weight === 100) heavy += 1;
    expect(heavy).toBe(cycles * 100);
  });

  it('passes over what was tried and gives it its turn afterwards', () => {
    const pool = poolOf(tableWith({ a: 1, b: 1, c: 1, d: 1 }, 1));
    const [a, b, c, d] = pool.backends;
    expect(pick(pool, [a!, b!], random)?.backend).toBe(c);
    expect(picks(pool, 3)).toBe('abd');
    expect(pick(pool, [a!, b!, c!, d!], random)).toBeNull();
    expect(picks(pool, 4)).toBe('abcd');
  });

  it('shares among those with room by their weights, and lets nobody make up for what it could not take', () => {
    const backends = [
      aBackend('a', { weight: 1 }),
      aBackend('b', { weight: 2 }),
      aBackend('c', { weight: 3, maxConnections: 1 }),
    ];
    const pool = aPoolTable(backends, { algorithm }, { random: () => 0 });
    const c = pool.backends[2]!;
    const shares = (count: number): number[] => {
      const picked = picks(pool, count);
      return ['a', 'b', 'c'].map((id) => picked.replaceAll(new RegExp(`[^${id}]`, 'g'), '').length);
    };
    attemptStarted(c);
    expect(shares(30)).toEqual([10, 20, 0]);
    attemptFinished(c);
    // Nothing counts as in flight here: c has room all the time.
    const [a = 0, b = 0, third = 0] = shares(60);
    expect(Math.abs(a - 10) + Math.abs(b - 20) + Math.abs(third - 30)).toBeLessThanOrEqual(3);
  });

  it('keeps who is full in mind over a new table', () => {
    const backends = [aBackend('a'), aBackend('b', { maxConnections: 1 })];
    const table = tableOf(aSnapshot([aPool(backends, { algorithm })]), { random: () => 0 });
    const b = poolOf(table).backends[1]!;
    attemptStarted(b);
    expect(picks(poolOf(table), 4)).toBe('aaaa');
    const next = tableOf(aSnapshot([aPool(backends, { algorithm })], { version: 2 }), {}, table);
    expect(picks(poolOf(next), 4)).toBe('aaaa');
    attemptFinished(b);
    expect(picks(poolOf(next), 4)).toMatch(/^(?:abab|baba)$/);
  });
});
