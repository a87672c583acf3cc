/** Law: a backend that leaves moves its own clients only, one that comes takes clients only for itself; order is nothing. */
import fc from 'fast-check';
import { stickyByAddress } from '../../data-plane/routing/sticky.js';
import { aBackend, aPoolTable } from '../support/routing-fixture.js';

const SETTINGS = { type: 'ip', prefix4: 32, prefix6: 64 } as const;
const pools = fc.uniqueArray(
  fc.tuple(fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/), fc.integer({ min: 1, max: 9 })),
  {
    minLength: 2,
    maxLength: 9,
    selector: ([id]) => id,
  },
);
const clients = fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 40 });

function owners(
  given: readonly (readonly [string, number])[],
  addresses: readonly string[],
): (string | undefined)[] {
  const pool = aPoolTable(given.map(([id, weight]) => aBackend(id, { weight })));
  return addresses.map((address) => stickyByAddress(pool, SETTINGS, address, [])?.id);
}

describe('an address', () => {
  it('keeps its backend while that is there', () => {
    fc.assert(
      fc.property(pools, clients, fc.nat(), (given, addresses, which) => {
        const gone = given[which % given.length]!;
        const rest = given.filter((one) => one !== gone);
        const before = owners(given, addresses);
        const after = owners(rest, addresses);
        for (const [i, owner] of before.entries()) {
          if (owner === gone[0]) expect(after[i]).not.toBe(gone[0]);
          else expect(after[i]).toBe(owner);
        }
      }),
    );
  });

  it('has the same backend in every process', () => {
    fc.assert(
      fc.property(pools, clients, (given, addresses) => {
        expect(owners(given.toReversed(), addresses)).toEqual(owners(given, addresses));
      }),
    );
  });

  it('only moves towards a backend that is given more weight', () => {
    fc.assert(
      fc.property(pools, clients, (given, addresses) => {
        const [[id, weight], ...rest] = given as [[string, number], ...[string, number][]];
        const before = owners(given, addresses);
        const after = owners([[id, weight + 5], ...rest], addresses);
        for (const [i, owner] of after.entries()) if (owner !== id) expect(owner).toBe(before[i]);
      }),
    );
  });
});
