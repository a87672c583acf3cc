import { isTried, startingPhase } from '../../../../../data-plane/routing/algorithms/picker.js';
import { aBackend, aPoolTable } from '../../../../support/routing-fixture.js';

describe('picker', () => {
  it('knows what was tried by its name, also from an earlier table', () => {
    const earlier = aPoolTable([aBackend('a')]).backends;
    const [a, b] = aPoolTable([aBackend('a'), aBackend('b')]).backends;
    expect(isTried(earlier, a!)).toBe(true);
    expect(isTried(earlier, b!)).toBe(false);
  });

  it('starts each worker in its own part of the cycle', () => {
    const phase = (worker: number, workers: number): number =>
      startingPhase({ worker, workers, random: () => 0.5, previous: null });
    expect([0, 1].map((worker) => phase(worker, 2))).toEqual([0.25, 0.75]);
    // Numbers rise as workers are replaced.
    expect(phase(5, 2)).toBe(0.75);
    expect(phase(3, 0)).toBe(0.5);
  });
});
