import fc from 'fast-check';
import { isNewer } from '../../shared/snapshot.js';

const position = fc.record({ epoch: fc.nat(3), version: fc.nat(3) });

describe('the order of snapshots', () => {
  it('is total: of two positions one is newer, or they are the same', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const same = a.epoch === b.epoch && a.version === b.version;
        expect([isNewer(a, b), isNewer(b, a), same].filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(position, position, position, (a, b, c) => {
        if (isNewer(a, b) && isNewer(b, c)) expect(isNewer(a, c)).toBe(true);
      }),
    );
  });
});
