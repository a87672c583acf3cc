/** Law: least connections picks a backend of least cost among the untried, whatever loads, tables and picks came before. */
import fc from 'fast-check';
import { applyLoad } from '../../data-plane/routing/backend-load.js';
import { attemptFinished, attemptStarted, pick } from '../../data-plane/routing/pick.js';
import type { BackendEntry } from '../../data-plane/routing/routing-table.js';
import { seededRandom } from '../../shared/prng.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../support/routing-fixture.js';

function cost({ load, weight }: BackendEntry): number {
  const inFlight = load.own + load.others;
  return inFlight === 0 ? 0 : (inFlight + 1) / weight;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('pick' as const), tried: fc.array(fc.nat(9), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('finish' as const), which: fc.nat() }),
  fc.record({
    kind: fc.constant('load' as const),
    others: fc.array(fc.nat(5), { minLength: 10, maxLength: 10 }),
  }),
  fc.record({ kind: fc.constant('table' as const), out: fc.nat(9), weight: fc.integer({ min: 1, max: 4 }) }),
);

describe('least connections', () => {
  it('picks one of least cost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.array(step, { maxLength: 60 }),
        fc.integer(),
        (count, steps, seed) => {
          const random = seededRandom(seed);
          const snapshot = (version: number, out: number, weight: number) =>
            aSnapshot(
              [
                aPool(
                  Array.from({ length: count }, (_, i) =>
                    aBackend(`b${i}`, {
                      weight: 1 + ((i + weight) % 3),
                      availability: i === out ? 'ejected' : 'available',
                    }),
                  ),
                  { algorithm: 'least-connections' },
                ),
              ],
              { version },
            );
          let table = tableOf(snapshot(1, -1, 1), { random });
          const running: BackendEntry[] = [];
          for (const [i, one] of steps.entries()) {
            const pool = poolOf(table);
            if (one.kind === 'table') {
              table = tableOf(snapshot(i + 2, one.out, one.weight), { random }, table);
            } else if (one.kind === 'load') {
              const backends = pool.backends.map((entry, n) => ({
                pool: pool.id,
                backend: entry.id,
                active: one.others[n]!,
              }));
              applyLoad(table, { type: 'load', backends });
            } else if (one.kind === 'finish') {
              const [entry] = running.splice(one.which % Math.max(1, running.length), 1);
              if (entry !== undefined) attemptFinished(entry);
            } else {
              const tried = pool.backends.filter((_, n) => one.tried.includes(n));
              const choice = pool.backends.filter((entry) => entry.serves && !tried.includes(entry));
              const picked = pick(pool, tried, random)?.backend;
              if (choice.length === 0) {
                expect(picked).toBeUndefined();
              } else {
                expect(choice).toContain(picked);
                const least = Math.min(...choice.map(cost));
                expect(cost(picked!)).toBeCloseTo(least, 9);
                attemptStarted(picked!);
                running.push(picked!);
              }
            }
          }
        },
      ),
    );
  });
});
