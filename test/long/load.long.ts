/** A minute of traffic through changes of every kind. CI has 20 s of it. */
import { expectNothingLost } from '../support/changes-under-load.js';

it('answers every request of 60 s at 1000/s through 20 reloads, 20 weight changes and 10 additions and removals', async () => {
  await expectNothingLost(60_000);
}, 300_000);
