/** Law: as many picks as there are backends visit each once, from any start and across snapshots that change nothing. */
import fc from 'fast-check';
import { pick } from '../../data-plane/routing/pick.js';
import { seededRandom } from '../../shared/prng.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../support/routing-fixture.js';

describe('round robin', () => {
  it('visits every backend once per round', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.nat(100),
        fc.integer({ min: 1, max: 20 }),
        fc.integer(),
        (count, skip, every, seed) => {
          const random = seededRandom(seed);
          const pools = [aPool(Array.from({ length: count }, (_, i) => aBackend(`b${i}`)))];
          let table = tableOf(aSnapshot(pools), { random });
          const seen = new Set<string>();
          for (let i = 0; i < skip + count; i += 1) {
            if (i % every === 0) table = tableOf(aSnapshot(pools, { version: i + 2 }), { random }, table);
            const id = pick(poolOf(table), [], random)!.backend.id;
            if (i >= skip) seen.add(id);
          }
          expect(seen.size).toBe(count);
        },
      ),
    );
  });
});
