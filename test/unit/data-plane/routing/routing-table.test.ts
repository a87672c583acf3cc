import { attemptFinished, attemptStarted } from '../../../../data-plane/routing/pick.js';
import { matchRoute } from '../../../../data-plane/routing/routing-table.js';
import { FORWARDING, aBackend, aPool, aSnapshot, poolOf, tableOf } from '../../../support/routing-fixture.js';

describe('routing table', () => {
  it('carries the position, settings, pools and routes of its snapshot', () => {
    const forwarding = { ...FORWARDING, trustedProxies: ['10.0.0.0/8'] };
    const table = tableOf(
      aSnapshot([aPool([aBackend('a')]), aPool([], { id: 'api' })], { epoch: 3, version: 4, forwarding }),
    );
    expect(table).toMatchObject({ epoch: 3, version: 4, forwarding });
    expect(table.trusted.networks).toHaveLength(1);
    expect([...table.pools.keys()]).toEqual(['default', 'api']);
    expect(matchRoute(table, null, '/api/x')?.pool).toBe(poolOf(table, 'api'));
  });

  it('is kept when a snapshot is not newer', () => {
    const current = tableOf(aSnapshot([], { epoch: 2, version: 5 }));
    for (const [epoch, version] of [
      [2, 5],
      [2, 4],
      [1, 9],
    ] as const) {
      expect(tableOf(aSnapshot([], { epoch, version }), {}, current)).toBe(current);
    }
    expect(tableOf(aSnapshot([], { epoch: 3, version: 1 }), {}, current)).toMatchObject({
      epoch: 3,
      version: 1,
    });
  });

  it('keeps counting attempts that began under the table before', () => {
    const first = tableOf(aSnapshot([aPool([aBackend('a')])]));
    attemptStarted(poolOf(first).backends[0]!);
    const second = tableOf(aSnapshot([aPool([aBackend('b'), aBackend('a')])], { version: 2 }), {}, first);
    expect(poolOf(second).backends.map(({ load }) => load.own)).toEqual([0, 1]);
  });

  it('changes nothing of the table before where it cannot be built', () => {
    const first = tableOf(aSnapshot([aPool([aBackend('a', { maxConnections: 1 })])]));
    const pool = poolOf(first);
    attemptStarted(pool.backends[0]!);
    const forwarding = { ...FORWARDING, trustedProxies: ['nonsense'] };
    for (const pools of [[aPool([aBackend('b')])], []]) {
      expect(() => tableOf(aSnapshot(pools, { version: 2, forwarding }), {}, first)).toThrow('nonsense');
    }
    const served: string[] = [];
    pool.queue.enter(pool, { tried: [], bound: null }, (result) => {
      served.push(typeof result === 'string' ? result : result.backend.id);
    });
    attemptFinished(pool.backends[0]!);
    expect(served).toEqual(['a']);
  });
});
