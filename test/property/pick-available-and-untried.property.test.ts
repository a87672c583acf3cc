/** Law: a pick is a backend that may take new traffic and was not tried, and is `null` only when there is none. */
import fc from 'fast-check';
import { pick } from '../../data-plane/routing/pick.js';
import type { Availability } from '../../shared/backend-state.js';
import { seededRandom } from '../../shared/prng.js';
import { ALGORITHMS } from '../../shared/settings/algorithms.js';
import { aBackend, aPoolTable } from '../support/routing-fixture.js';

const AVAILABILITIES: Availability[] = [
  'available',
  'trial',
  'draining',
  'unchecked',
  'unhealthy',
  'ejected',
  'maintenance',
];
const backends = fc.array(
  fc.record({
    availability: fc.constantFrom(...AVAILABILITIES),
    weight: fc.integer({ min: 0, max: 5 }),
    tried: fc.boolean(),
  }),
  { maxLength: 12 },
);
const algorithm = fc.constantFrom(...ALGORITHMS);

describe('a pick', () => {
  it('is available, of some weight and untried, if any backend is', () => {
    fc.assert(
      fc.property(backends, algorithm, fc.boolean(), fc.integer(), (given, rule, panic, seed) => {
        const random = seededRandom(seed);
        const pool = aPoolTable(
          given.map(({ availability, weight }, i) => aBackend(`b${i}`, { availability, weight })),
          { algorithm: rule, panic },
          { random },
        );
        const open = panic ? ['available', 'trial', 'ejected'] : ['available'];
        const tried = pool.backends.filter((_, i) => given[i]!.tried);
        const allowed = pool.backends.filter(
          (entry, i) => open.includes(given[i]!.availability) && entry.weight > 0 && !tried.includes(entry),
        );
        for (let i = 0; i < 20; i += 1) {
          const picked = pick(pool, tried, random);
          if (allowed.length === 0) expect(picked).toBeNull();
          else expect(allowed).toContain(picked?.backend);
        }
      }),
    );
  });
});
