import { driftOf } from '../../../../control-plane/domain/drift.js';
import { configVersion } from '../../../../control-plane/domain/reset-config.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import { backendId } from '../../../../shared/ids.js';
import { breaker, definition, documentOf, POOL, poolSettings, storyOf } from '../../../support/domain.js';

const FILE = documentOf(poolSettings({ breaker: breaker(), maxConnections: 9 }), [
  definition('a'),
  definition('b', { maxConnections: 3 }),
]);
const ANY = { pool: POOL, expectedVersion: null } as const;

/** The file, and after it what operators did. */
function changedStory() {
  const told = storyOf(FILE);
  told.when({ type: 'ChangePool', ...ANY, settings: poolSettings({ algorithm: 'random' }) });
  told.when({
    type: 'ChangeBackend',
    ...ANY,
    backend: backendId('a'),
    changes: { weight: 5, maxConnections: 7 },
    admin: 'draining',
  });
  told.when({ type: 'RemoveBackend', ...ANY, backend: backendId('b') });
  told.when({ type: 'AddBackend', ...ANY, backend: definition('x') });
  return told;
}

describe('a reset to the file', () => {
  it('undoes each kind of change, by whoever asked for it', () => {
    const told = changedStory();
    const events = told.when(
      { type: 'ResetConfig', places: 'all', expectedVersion: null },
      { actor: { kind: 'api', name: 'carol' } },
    );
    expect(events.map(({ type, backend }) => [type, backend])).toEqual([
      ['PoolSettingsChanged', undefined],
      ['BackendSettingsChanged', 'a'],
      ['BackendSettingsChanged', 'a'],
      ['BackendAdded', 'b'],
      ['BackendRemoved', 'x'],
    ]);
    expect(new Set(events.map(({ actor }) => actor.name))).toEqual(new Set(['carol']));
    expect(driftOf(told.world.state)).toEqual([]);
    expect(told.pool().settings).toEqual(FILE.pools[0]?.settings);
    expect(told.pool().backends.get(backendId('a'))?.admin).toBe('draining');
    expect(told.pool().backends.get(backendId('b'))?.origin).toBe('file');
  });

  it('goes back in the places named, and nowhere else', () => {
    const told = changedStory();
    const before = driftOf(told.world.state);
    const places = before.filter(({ setting }) => setting === 'weight' || setting === 'algorithm');
    told.when({ type: 'ResetConfig', places, expectedVersion: null });
    expect(driftOf(told.world.state)).toEqual(before.filter((drift) => !places.includes(drift)));
  });

  it('gives a backend that was replaced at run time its address back, and its life in the file', () => {
    const told = storyOf(FILE);
    const a = backendId('a');
    told.when({ type: 'RemoveBackend', ...ANY, backend: a });
    const address = { protocol: 'http', host: 'new.test', port: 80 } as const;
    told.when({ type: 'AddBackend', ...ANY, backend: definition('a', { address, weight: 4 }) });
    const [place] = driftOf(told.world.state).filter(({ setting }) => setting === 'address');
    told.when({ type: 'ResetConfig', places: place === undefined ? [] : [place], expectedVersion: null });
    expect(told.pool().backends.get(a)).toMatchObject({
      address: definition('a').address,
      weight: 4,
      origin: 'file',
    });
  });

  it('makes a backend the file\u2019s again that was removed and added with the same address', () => {
    const told = storyOf(FILE);
    const a = backendId('a');
    told.when({ type: 'RemoveBackend', ...ANY, backend: a });
    told.when({ type: 'AddBackend', ...ANY, backend: definition('a', { weight: 4 }) });
    told.when({ type: 'ResetConfig', places: 'all', expectedVersion: null });
    expect(told.pool().backends.get(a)).toMatchObject({ weight: 1, origin: 'file' });
    told.apply(
      documentOf(FILE.pools[0]?.settings ?? poolSettings(), [definition('b', { maxConnections: 3 })]),
    );
    expect(told.pool().backends.has(a)).toBe(false);
  });

  it('is refused when somebody else changed a pool meanwhile', () => {
    const told = changedStory();
    const version = configVersion(told.world.state);
    told.when({ type: 'ChangeBackend', ...ANY, backend: backendId('a'), changes: { weight: 6 } });
    expect(told.send({ type: 'ResetConfig', places: 'all', expectedVersion: version })).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'version_conflict' },
    });
    const now = configVersion(told.world.state);
    expect(told.send({ type: 'ResetConfig', places: 'all', expectedVersion: now }).kind).toBe('accepted');
  });

  it('is nothing where nothing differs, or before the first file', () => {
    const told = storyOf(FILE);
    expect(told.when({ type: 'ResetConfig', places: 'all', expectedVersion: null })).toEqual([]);
    expect(
      told.when({
        type: 'ResetConfig',
        places: [{ pool: POOL, setting: 'algorithm' }],
        expectedVersion: null,
      }),
    ).toEqual([]);
    expect(configVersion(initialState())).toBe(0);
  });
});
