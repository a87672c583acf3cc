import { driftOf } from '../../../../control-plane/domain/drift.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import { backendId } from '../../../../shared/ids.js';
import { breaker, definition, documentOf, POOL, poolSettings, storyOf } from '../../../support/domain.js';

describe('drift', () => {
  it('is none before the first file, and none after it', () => {
    expect(driftOf(initialState())).toEqual([]);
    expect(driftOf(storyOf(documentOf(poolSettings(), [definition('a')])).world.state)).toEqual([]);
  });

  it('lists what operators changed, setting by setting', () => {
    const told = storyOf(
      documentOf(poolSettings({ breaker: breaker() }), [definition('a'), definition('b')]),
    );
    const change = { pool: POOL, expectedVersion: null } as const;
    told.when({ type: 'ChangePool', ...change, settings: poolSettings({ algorithm: 'random' }) });
    told.when({
      type: 'ChangeBackend',
      ...change,
      backend: backendId('a'),
      changes: { weight: 9 },
      admin: 'draining',
    });
    told.when({ type: 'RemoveBackend', ...change, backend: backendId('b') });
    told.when({ type: 'AddBackend', ...change, backend: definition('x') });
    expect(driftOf(told.world.state)).toEqual([
      { pool: POOL, setting: 'algorithm', file: 'round-robin', live: 'random' },
      { pool: POOL, setting: 'breaker', file: breaker(), live: null },
      { pool: POOL, backend: 'a', setting: 'weight', file: 1, live: 9 },
      { pool: POOL, backend: 'b', setting: 'backend', file: definition('b'), live: null },
      { pool: POOL, backend: 'x', setting: 'backend', file: null, live: definition('x') },
    ]);
  });

  it('lists connection limits and the queue', () => {
    const told = storyOf(documentOf(poolSettings({ maxConnections: 9 }), [definition('a')]));
    const queue = { maxPending: 1, timeoutMs: 1 };
    const change = { pool: POOL, expectedVersion: null } as const;
    told.when({ type: 'ChangePool', ...change, settings: poolSettings({ queue }) });
    told.when({ type: 'ChangeBackend', ...change, backend: backendId('a'), changes: { maxConnections: 5 } });
    expect(driftOf(told.world.state)).toEqual([
      { pool: POOL, setting: 'maxConnections', file: 9, live: null },
      { pool: POOL, setting: 'queue', file: { maxPending: 128, timeoutMs: 5_000 }, live: queue },
      { pool: POOL, backend: 'a', setting: 'maxConnections', file: null, live: 5 },
    ]);
  });

  it('knows another address, and passes over a pool that is gone', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a')]));
    const change = { pool: POOL, expectedVersion: null, backend: backendId('a') } as const;
    told.when({ type: 'RemoveBackend', ...change });
    const address = { protocol: 'http', host: 'new.test', port: 80 } as const;
    told.when({ type: 'AddBackend', ...change, backend: definition('a', { address }) });
    expect(driftOf(told.world.state)).toMatchObject([{ setting: 'address', live: address }]);
    expect(driftOf({ ...told.world.state, pools: new Map() })).toEqual([]);
  });
});
