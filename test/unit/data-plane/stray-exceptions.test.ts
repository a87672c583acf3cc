import {
  AGE_OF_RETIREMENT_MS,
  STRAYS_UNTIL_RETIREMENT,
  countStrays,
  strayCame,
} from '../../../data-plane/stray-exceptions.js';

describe('exceptions that nobody caught', () => {
  const after = (count: number, ageMs: number, factor = 1): boolean => {
    const strays = countStrays(1_000, factor);
    let retires = false;
    for (let i = 0; i < count; i += 1) retires = strayCame(strays, 1_000 + ageMs);
    return retires;
  };

  it('do not end a worker while they are few, however old it is', () => {
    expect(after(STRAYS_UNTIL_RETIREMENT - 1, 100 * AGE_OF_RETIREMENT_MS)).toBe(false);
  });

  it('do not end a young worker, however many they are: nobody can have workers end again and again', () => {
    expect(after(100 * STRAYS_UNTIL_RETIREMENT, AGE_OF_RETIREMENT_MS - 1)).toBe(false);
  });

  it('retire a worker that has lived for long, when they are many', () => {
    expect(after(STRAYS_UNTIL_RETIREMENT, AGE_OF_RETIREMENT_MS)).toBe(true);
  });

  it('retire workers of one age at different times', () => {
    expect(after(STRAYS_UNTIL_RETIREMENT, AGE_OF_RETIREMENT_MS, 1.2)).toBe(false);
    expect(after(STRAYS_UNTIL_RETIREMENT, 0.8 * AGE_OF_RETIREMENT_MS, 0.8)).toBe(true);
  });
});
