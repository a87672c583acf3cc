/** Law: a permit is used or returned at most once, only by its own worker, in whatever order tables, picks and returns come. */
import fc from 'fast-check';
import { pick, pickBound, takeUnusedPermits } from '../../data-plane/routing/pick.js';
import type { RoutingTable } from '../../data-plane/routing/routing-table.js';
import { seededRandom } from '../../shared/prng.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../support/routing-fixture.js';

const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('grant' as const), backend: fc.nat(2), worker: fc.nat(1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('table' as const), panic: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pick' as const),
      age: fc.nat(5),
      bound: fc.integer({ min: -1, max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('return' as const), age: fc.nat(5), wait: fc.nat(1_200) }),
  },
);

describe('a permit', () => {
  it('is spent once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer(), (steps, seed) => {
        const random = seededRandom(seed);
        const granted: { permit: number; worker: number; backend: number }[] = [];
        const spent = new Map<string, number>();
        const tables: RoutingTable[] = [];
        const spend = (backend: string, permit: number): void => {
          const key = `${backend}/${permit}`;
          spent.set(key, (spent.get(key) ?? 0) + 1);
        };
        const mine = new Set<string>();
        let at = 0;
        for (const [i, one] of steps.entries()) {
          const older = tables.at(-1 - (('age' in one ? one.age : 0) % Math.max(1, tables.length)));
          if (one.kind === 'grant') {
            granted.push({ permit: i, worker: one.worker, backend: one.backend });
            if (one.worker === 0) mine.add(`b${one.backend}/${i}`);
          } else if (one.kind === 'withdraw') {
            granted.splice(one.which % Math.max(1, granted.length), 1);
          } else if (one.kind === 'table') {
            const backends = [0, 1, 2].map((n) =>
              aBackend(`b${n}`, {
                availability: 'trial',
                permits: granted.filter(({ backend }) => backend === n),
              }),
            );
            const snapshot = aSnapshot([aPool(backends, { panic: one.panic })], { version: i + 1 });
            tables.push(tableOf(snapshot, { at, random }, tables.at(-1) ?? null));
          } else if (older !== undefined && one.kind === 'pick') {
            const pool = poolOf(older);
            const bound = pool.backends[one.bound];
            const picked = bound === undefined ? pick(pool, [], random) : pickBound(pool, bound, []);
            if (picked !== null && picked.permit !== null) spend(picked.backend.id, picked.permit);
          } else if (older !== undefined && one.kind === 'return') {
            at += one.wait;
            for (const { backend, permit } of takeUnusedPermits(older, at)) spend(backend.id, permit);
          }
        }
        for (const [key, times] of spent) {
          expect(mine).toContain(key);
          expect(times).toBe(1);
        }
      }),
    );
  });
});
