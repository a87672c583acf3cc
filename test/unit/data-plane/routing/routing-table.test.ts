import { attemptStarted } from '../../../../data-plane/routing/pick.js';
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
    expect(matchRoute(table, null, '/api/x')).toBe(poolOf(table, 'api'));
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
});
