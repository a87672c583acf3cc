/**
 * Seeds that once broke a law, named for what was wrong. A change of the plan makes other runs of them; the unit tests
 * beside each repair hold on to the case itself.
 */
import { simulate } from './plan.js';

describe('seeds that broke a law', () => {
  it.each([
    [52, 'a worker whose end was lost to a full disk kept its permits, and was given more'],
    [97, 'the return of a permit was lost to a full disk'],
    [25, 'a permit that its worker never saw was never returned: its snapshot was overtaken'],
    [108, 'the same after a snapshot that was refused'],
  ])('%i: %s', async (seed) => {
    await expect(simulate(seed)).resolves.toMatchObject({ PrimaryStopped: 1 });
  });
});
