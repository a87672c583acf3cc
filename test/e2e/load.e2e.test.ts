/** A short form of test/long/load.long.ts: the same changes, closer together. */
import { expectNothingLost } from '../support/changes-under-load.js';

it('answers every request of 20 s at 1000/s through 20 reloads, 20 weight changes and 10 additions and removals', async () => {
  await expectNothingLost(20_000);
});
