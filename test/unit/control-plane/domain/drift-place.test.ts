import { placeKey, POOL_SETTINGS } from '../../../../control-plane/domain/drift-place.js';
import { backendId } from '../../../../shared/ids.js';
import { POOL, poolSettings } from '../../../support/domain.js';

it('names every place by a key of its own', () => {
  const backend = backendId('a');
  const keys = [
    ...POOL_SETTINGS.map((setting) => placeKey({ pool: POOL, setting })),
    ...(['backend', 'address', 'weight', 'maxConnections'] as const).map((setting) =>
      placeKey({ pool: POOL, backend, setting }),
    ),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

it('knows all settings of a pool', () => {
  const all = poolSettings({
    maxConnections: 1,
    queue: { maxPending: 1, timeoutMs: 1 },
    timeouts: {},
    retry: {},
  });
  expect(Object.keys(all).toSorted()).toEqual([...POOL_SETTINGS].toSorted());
});
