import { isNewer } from '../../../shared/snapshot.js';

const at = (epoch: number, version: number) => ({ epoch, version });

describe('the order of snapshots', () => {
  it.each([
    ['a later version of the same epoch', at(1, 2), at(1, 1), true],
    ['an earlier version of the same epoch', at(1, 1), at(1, 2), false],
    ['the same', at(1, 1), at(1, 1), false],
    ['a later epoch, whatever the version', at(2, 0), at(1, 99), true],
    ['an earlier epoch, whatever the version', at(1, 99), at(2, 0), false],
  ])('%s', (_name, a, b, newer) => {
    expect(isNewer(a, b)).toBe(newer);
  });
});
