import { observe } from '../../../../control-plane/domain/evolve.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  only,
  POOL,
  poolSettings,
  storyOf,
} from '../../../support/domain.js';
import { worker } from '../../../support/workers.js';

const SETTINGS = poolSettings({ breaker: breaker(), healthCheck: healthCheck() });

function arranged() {
  const told = storyOf(documentOf(SETTINGS, [definition('a'), definition('b'), definition('c')]), [1, 2]);
  for (const id of ['a', 'b', 'c']) told.check(id, true);
  told.check('a', false);
  told.report('a', { failures: { reset: 2 } });
  return told;
}

function seen(told: ReturnType<typeof arranged>, id: string) {
  return told.world.observations.pools.get(POOL)?.get(backendId(id));
}

describe('events and observations', () => {
  it('a backend that is removed is forgotten, and one of its name begins afresh', () => {
    const told = arranged();
    told.when({ type: 'RemoveBackend', pool: POOL, backend: backendId('a'), expectedVersion: null });
    expect(seen(told, 'a')).toBeUndefined();
    told.when({ type: 'AddBackend', pool: POOL, backend: definition('a'), expectedVersion: null });
    told.check('a', false);
    expect(seen(told, 'a')).toMatchObject({ generation: told.backend('a').generation, window: [] });
  });

  it('a pool that is removed is forgotten', () => {
    const told = arranged();
    const other = { id: poolId('other'), settings: SETTINGS, backends: [] };
    const document = { ...documentOf(SETTINGS, []), pools: [other], routes: [] };
    told.apply(document);
    expect(told.world.observations.pools.size).toBe(0);
  });

  it('a breaker that is taken away loses its window, a check its runs, and nothing else', () => {
    const told = arranged();
    const change = { type: 'ChangePool', pool: POOL, expectedVersion: null } as const;
    told.when({ ...change, settings: { ...SETTINGS, algorithm: 'random' } });
    expect(seen(told, 'a')).toMatchObject({
      checks: [{ passed: false }],
      window: [{ failures: { reset: 2 } }],
    });
    told.when({ ...change, settings: { ...SETTINGS, breaker: null } });
    expect(seen(told, 'a')).toMatchObject({ checks: [{ passed: false }], window: [] });
    told.when({ ...change, settings: { ...SETTINGS, breaker: null, healthCheck: null } });
    expect(seen(told, 'a')).toMatchObject({ checks: [], passiveFailureAt: null });
  });

  it('settings of a pool of which nothing was observed change nothing', () => {
    const told = arranged();
    const { observations } = told.world;
    told.when({
      type: 'ChangePool',
      pool: POOL,
      settings: { ...SETTINGS, breaker: null },
      expectedVersion: null,
    });
    const event = only(told.events, 'PoolSettingsChanged');
    expect(observe(observations, { ...event, pool: poolId('x') })).toBe(observations);
    const removed = { ...event, type: 'PoolRemoved', data: {}, pool: poolId('x') } as const;
    expect(observe(observations, removed)).toBe(observations);
  });

  it('a worker that ends takes only its own permits along', () => {
    const told = arranged();
    told.report('a', { failures: { reset: 5 } });
    const { breaker: state } = told.backend('a');
    told.at = state.phase === 'open' ? state.until : 0;
    told.advance(0);
    const before = seen(told, 'a')?.trials?.permits.filter((one) => one.worker.n === 2);
    const event = only(
      told.when({ type: 'RecordWorkerExited', worker: worker(1), pid: 1, reason: 'x', expected: true }),
      'WorkerExited',
    );
    expect(told.world.observations.workers).toEqual([worker(2)]);
    const kept = seen(told, 'a')?.trials?.permits ?? [];
    expect(kept.slice(0, 1)).toEqual(before);
    expect(kept.every((one) => one.worker.n === 2)).toBe(true);
    expect(observe(told.world.observations, event)).toEqual(told.world.observations);
  });

  it('a worker of another host takes nothing along of one with its number', () => {
    const told = arranged();
    told.report('a', { failures: { reset: 5 } });
    told.advance(600_000);
    const before = told.world.observations;
    expect(seen(told, 'a')?.trials?.permits.some((one) => one.worker.n === 1)).toBe(true);
    const other = { host: 'lb-2', n: 1 };
    told.when({ type: 'RecordWorkerExited', worker: other, pid: 1, reason: 'x', expected: true });
    expect(told.world.observations).toEqual(before);
  });
});
