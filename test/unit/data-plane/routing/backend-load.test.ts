import {
  applyLoad,
  idleLoad,
  loadFinished,
  loadStarted,
} from '../../../../data-plane/routing/backend-load.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../../../support/routing-fixture.js';

describe('backend load', () => {
  it('counts what starts and finishes, and tells its watcher', () => {
    const load = idleLoad();
    let told = 0;
    loadStarted(load);
    load.watcher = () => (told += 1);
    loadStarted(load);
    loadFinished(load);
    expect([load.own, told]).toEqual([1, 2]);
    load.watcher = null;
    loadFinished(load);
    expect([load.own, told]).toEqual([0, 2]);
  });

  it('takes a second end of one attempt for a bug', () => {
    expect(() => loadFinished(idleLoad())).toThrow('had not been started');
  });

  it('replaces what was known of other workers, and forgets what is not named', () => {
    const table = tableOf(aSnapshot([aPool([aBackend('a'), aBackend('b')])]));
    const [a, b] = poolOf(table).backends;
    let told = 0;
    for (const { load } of [a!, b!]) load.watcher = () => (told += 1);
    const load = (pool: string, backend: string, active: number) => ({
      pool: poolId(pool),
      backend: backendId(backend),
      active,
    });
    applyLoad(table, {
      type: 'load',
      backends: [load('default', 'a', 3), load('default', 'gone', 1), load('gone', 'a', 1)],
    });
    expect([a!.load.others, b!.load.others, told]).toEqual([3, 0, 1]);
    applyLoad(table, { type: 'load', backends: [load('default', 'b', 2)] });
    expect([a!.load.others, b!.load.others, told]).toEqual([0, 2, 3]);
    a!.load.watcher = null;
    applyLoad(table, { type: 'load', backends: [load('default', 'a', 2)] });
    expect([a!.load.others, b!.load.others, told]).toEqual([2, 0, 4]);
  });
});
