import { pick, takeUnusedPermits } from '../../../../data-plane/routing/pick.js';
import { seededRandom } from '../../../../shared/prng.js';
import type { Snapshot } from '../../../../shared/snapshot.js';
import { aBackend, aPool, aSnapshot, poolOf, tableOf } from '../../../support/routing-fixture.js';

const random = seededRandom(7);

function withPermits(numbers: number[], given: Partial<Snapshot> & { generation?: number } = {}): Snapshot {
  const permits = numbers.map((permit) => ({ permit, worker: 0 }));
  const { generation = 1, ...rest } = given;
  return aSnapshot([aPool([aBackend('a', { availability: 'trial', permits, generation })])], rest);
}

describe('trial permits', () => {
  it('stay used while later snapshots still name them', () => {
    const first = tableOf(withPermits([1]));
    expect(pick(poolOf(first), [], random)?.permit).toBe(1);
    const second = tableOf(withPermits([1, 2], { version: 2 }), {}, first);
    expect(pick(poolOf(second), [], random)?.permit).toBe(2);
    expect(pick(poolOf(second), [], random)).toBeNull();
  });

  it('are one thing in an older and a newer table', () => {
    const first = tableOf(withPermits([1]));
    const second = tableOf(withPermits([1], { version: 2 }), {}, first);
    expect(pick(poolOf(second), [], random)?.permit).toBe(1);
    expect(pick(poolOf(first), [], random)).toBeNull();
  });

  it('are lost when a snapshot no longer has them, in older tables too', () => {
    const first = tableOf(withPermits([1]));
    tableOf(withPermits([], { version: 2 }), {}, first);
    expect(pick(poolOf(first), [], random)).toBeNull();
  });

  it('go back at once when they vanish unused: the primary counts them until then', () => {
    const first = tableOf(withPermits([1, 2]), { at: 0 });
    expect(pick(poolOf(first), [], random)?.permit).toBe(1);
    const second = tableOf(withPermits([], { version: 2 }), { at: 0 }, first);
    expect(takeUnusedPermits(second, 0).map(({ permit }) => permit)).toEqual([2]);
    expect(takeUnusedPermits(second, 99_000)).toEqual([]);
  });

  it('go back at once when they are spent before they were used, or even seen', () => {
    const spent = (numbers: number[]) => numbers.map((permit) => ({ permit, worker: 0, spent: true }));
    const withSpent = (numbers: number[], version: number) =>
      aSnapshot([aPool([aBackend('a', { availability: 'ejected', permits: spent(numbers) })])], { version });
    const first = tableOf(withPermits([1, 2]), { at: 0 });
    expect(pick(poolOf(first), [], random)?.permit).toBe(1);
    const second = tableOf(withSpent([1, 2, 3], 2), { at: 0 }, first);
    expect(pick(poolOf(first), [], random)).toBeNull();
    // 1 is in use: its trial returns it when it is over.
    expect(takeUnusedPermits(second, 0).map(({ permit }) => permit)).toEqual([2, 3]);
    const third = tableOf(withSpent([1, 3], 3), { at: 0 }, second);
    expect(takeUnusedPermits(third, 99_000)).toEqual([]);
  });

  it('of an epoch that is over do not go back', () => {
    const first = tableOf(withPermits([1]));
    const second = tableOf(withPermits([], { epoch: 2 }), {}, first);
    expect(takeUnusedPermits(second, 99_000)).toEqual([]);
  });

  it('are new ones in a new epoch or generation, whatever their number', () => {
    const first = tableOf(withPermits([1]));
    pick(poolOf(first), [], random);
    const second = tableOf(withPermits([1], { epoch: 2 }), {}, first);
    expect(pick(poolOf(second), [], random)?.permit).toBe(1);
    const third = tableOf(withPermits([1], { epoch: 2, version: 2, generation: 2 }), {}, second);
    expect(pick(poolOf(third), [], random)?.permit).toBe(1);
  });
});
