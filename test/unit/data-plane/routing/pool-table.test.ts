import { aBackend, aPool, aPoolTable, aSnapshot, poolOf, tableOf } from '../../../support/routing-fixture.js';

describe('pool table', () => {
  it('finds its backends by id and by the hash in cookies', () => {
    const pool = aPoolTable([aBackend('a'), aBackend('b', { availability: 'unhealthy' })], { version: 9 });
    for (const entry of pool.backends) {
      expect(pool.byId.get(entry.id)).toBe(entry);
      expect(pool.byHash.get(entry.hashHex)).toBe(entry);
    }
    expect(pool).toMatchObject({
      id: 'default',
      version: 9,
      algorithm: 'round-robin',
      sticky: null,
      panic: false,
    });
  });

  it('lets only the newest picker watch loads', () => {
    const backends = [aBackend('a')];
    const first = tableOf(aSnapshot([aPool(backends, { algorithm: 'least-connections' })]));
    const { load } = poolOf(first).backends[0]!;
    expect(load.watcher).not.toBeNull();
    const second = tableOf(aSnapshot([aPool(backends)], { version: 2 }), {}, first);
    expect(poolOf(second).backends[0]!.load).toBe(load);
    expect(load.watcher).toBeNull();
  });
});
