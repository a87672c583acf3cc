/** Law: over sum(weights) picks from any start, and over any tables with the same weights, each backend gets its weight. */
import fc from 'fast-check';
import { pick } from '../../data-plane/routing/pick.js';
import { seededRandom } from '../../shared/prng.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../support/routing-fixture.js';

const weights = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });

function snapshotOf(given: readonly number[], version: number) {
  const backends = given.map((weight, i) => aBackend(`b${i}`, { weight }));
  return aSnapshot([aPool(backends, { algorithm: 'weighted-round-robin' })], { version });
}

describe('weighted round robin', () => {
  it('gives exact shares over one cycle', () => {
    fc.assert(
      fc.property(
        fc.record({
          weights,
          skip: fc.nat(200),
          worker: fc.nat(7),
          seed: fc.integer(),
          everyTable: fc.integer({ min: 1, max: 50 }),
        }),
        (given) => {
          const random = seededRandom(given.seed);
          let table = tableOf(snapshotOf(given.weights, 1), { random, worker: given.worker, workers: 8 });
          const cycle = given.weights.reduce((a, b) => a + b);
          const counts = new Map<string, number>();
          for (let i = 0; i < given.skip + cycle; i += 1) {
            if (i % given.everyTable === 0) {
              table = tableOf(snapshotOf(given.weights, i + 2), { random }, table);
            }
            const id = pick(poolOf(table), [], random)!.backend.id;
            if (i >= given.skip) counts.set(id, (counts.get(id) ?? 0) + 1);
          }
          expect(given.weights.map((_, i) => counts.get(`b${i}`))).toEqual(given.weights);
        },
      ),
    );
  });

  it('gives exact shares again after weights have changed and backends have come and gone', () => {
    fc.assert(
      fc.property(
        fc.array(weights, { minLength: 2, maxLength: 6 }),
        fc.nat(50),
        fc.integer(),
        (rounds, skip, seed) => {
          const random = seededRandom(seed);
          let table = tableOf(snapshotOf([1], 1), { random });
          for (const [i, given] of rounds.entries()) {
            table = tableOf(snapshotOf(given, i + 2), { random }, table);
            for (let n = 0; n < skip; n += 1) pick(poolOf(table), [], random);
          }
          const last = rounds.at(-1)!;
          const counts = new Map<string, number>();
          for (let n = last.reduce((a, b) => a + b); n > 0; n -= 1) {
            const id = pick(poolOf(table), [], random)!.backend.id;
            counts.set(id, (counts.get(id) ?? 0) + 1);
          }
          // A changed weight may shift a deadline over the border of this cycle.
          for (const [i, weight] of last.entries()) {
            expect(Math.abs((counts.get(`b${i}`) ?? 0) - weight)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});
