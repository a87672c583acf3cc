/** Law: applying snapshots is commutative and idempotent: late and repeated ones change nothing, the newest counts. */
import fc from 'fast-check';
import type { RoutingTable } from '../../data-plane/routing/routing-table.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../support/routing-fixture.js';

const positions = fc.array(fc.record({ epoch: fc.nat(4), version: fc.nat(4) }), {
  minLength: 1,
  maxLength: 12,
});

function applied(order: readonly { epoch: number; version: number }[]): RoutingTable {
  let table: RoutingTable | null = null;
  for (const { epoch, version } of order) {
    const backends = [aBackend('a', { weight: 1 + epoch * 10 + version })];
    table = tableOf(aSnapshot([aPool(backends, { version })], { epoch, version }), {}, table);
  }
  return table!;
}

describe('snapshots', () => {
  it('lead to the table of the newest in whatever order they come', () => {
    fc.assert(
      fc.property(
        positions.chain((given) =>
          fc.tuple(
            fc.constant(given),
            fc.shuffledSubarray([...given, ...given], { minLength: 2 * given.length }),
          ),
        ),
        ([given, shuffled]) => {
          const newest = given.reduce((a, b) =>
            b.epoch > a.epoch || (b.epoch === a.epoch && b.version > a.version) ? b : a,
          );
          for (const order of [given, shuffled]) {
            const table = applied(order);
            expect(table).toMatchObject(newest);
            expect(poolOf(table).backends[0]!.weight).toBe(1 + newest.epoch * 10 + newest.version);
          }
        },
      ),
    );
  });

  it('that are applied already leave the very table in place', () => {
    const table = applied([{ epoch: 1, version: 1 }]);
    expect(tableOf(aSnapshot([], { epoch: 1, version: 1 }), {}, table)).toBe(table);
  });
});
