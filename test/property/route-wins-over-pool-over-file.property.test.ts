/** Law: of each setting a request has what its route says, else what its pool says, else what the file says. */
import fc from 'fast-check';
import { routeRequest } from '../../data-plane/routing/routing-table.js';
import {
  poolRetry,
  poolTimeouts,
  retry,
  routeRetry,
  routeTimeouts,
  timeouts,
} from '../../shared/settings/forwarding.js';
import { arbitrarySettings } from '../support/arbitrary-settings.js';
import { FORWARDING, aPool, aRoute, aSnapshot, tableOf } from '../support/routing-fixture.js';

type Named = Readonly<Record<string, unknown>>;

const file = fc.record({ timeouts: arbitrarySettings(timeouts), retry: arbitrarySettings(retry) });
const ofPool = fc.record(
  { timeouts: arbitrarySettings(poolTimeouts), retry: arbitrarySettings(poolRetry) },
  { requiredKeys: [] },
);
const ofRoute = fc.record(
  { timeouts: arbitrarySettings(routeTimeouts), retry: arbitrarySettings(routeRetry) },
  { requiredKeys: [] },
);

describe('each setting of a request', () => {
  it('is that of the nearest place which has it', () => {
    fc.assert(
      fc.property(file, ofPool, ofRoute, (inFile, pool, route) => {
        const table = tableOf(
          aSnapshot([aPool([], pool)], {
            forwarding: { ...FORWARDING, ...inFile },
            routes: [{ ...aRoute(null, '/', 'default'), ...route }],
          }),
        );
        const target = routeRequest(table, null, '/');
        if (typeof target === 'string') throw new Error(target);
        for (const part of ['timeouts', 'retry'] as const) {
          const places: readonly Named[] = [route[part] ?? {}, pool[part] ?? {}, inFile[part]];
          const keys = new Set(places.flatMap((place) => Object.keys(place)));
          const held: Named = { ...target.forwarding[part] };
          expect(new Set(Object.keys(held))).toEqual(keys);
          for (const key of keys) {
            expect(held[key]).toBe(places.find((place) => Object.hasOwn(place, key))?.[key]);
          }
        }
      }),
    );
  });
});
