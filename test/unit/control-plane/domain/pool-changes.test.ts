import { definitionOf } from '../../../../control-plane/domain/pool-changes.js';
import { backendId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  healthCheck,
  POOL,
  poolSettings,
  storyOf,
  typesOf,
} from '../../../support/domain.js';

describe('changes of a pool', () => {
  it('a backend gives back the definition it was added with', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a', { weight: 4 })]));
    expect(definitionOf(told.backend('a'))).toEqual(definition('a', { weight: 4 }));
  });

  it('adding the first check leaves backends in rotation, and new ones wait for it', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a')]));
    const settings = poolSettings({ healthCheck: healthCheck() });
    expect(typesOf(told.when({ type: 'ChangePool', pool: POOL, settings, expectedVersion: null }))).toEqual([
      'PoolSettingsChanged',
    ]);
    told.when({ type: 'AddBackend', pool: POOL, backend: definition('b'), expectedVersion: null });
    expect([told.backend('a').health, told.backend('b').health]).toEqual(['healthy', 'unknown']);
  });

  it('taking the breaker away closes all that are open, by name', () => {
    const told = storyOf(
      documentOf(
        poolSettings({ breaker: breaker() }),
        ['c', 'b', 'a'].map((id) => definition(id)),
      ),
    );
    told.report('c', { failures: { reset: 5 } });
    told.report('a', { failures: { reset: 5 } });
    const events = told.when({
      type: 'ChangePool',
      pool: POOL,
      settings: poolSettings(),
      expectedVersion: null,
    });
    expect(events.map((event) => [event.type, event.backend])).toEqual([
      ['PoolSettingsChanged', undefined],
      ['BreakerClosed', 'a'],
      ['BreakerClosed', 'c'],
      ['PanicLeft', undefined],
    ]);
  });

  it('a weight or admin state that is there already is no event', () => {
    const told = storyOf(documentOf(poolSettings(), [definition('a')]));
    const change = {
      type: 'ChangeBackend',
      pool: POOL,
      backend: backendId('a'),
      expectedVersion: null,
    } as const;
    expect(told.when({ ...change, changes: { weight: 1 }, admin: 'ready' })).toEqual([]);
  });
});
