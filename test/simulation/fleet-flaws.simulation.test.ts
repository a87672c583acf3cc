/**
 * The same fleet with one rule switched off: a simulation that does not notice it proves nothing.
 *
 * @jest-environment ./test/support/swift-environment.cjs
 */
import { simulateFleet } from './fleet/fleet-plan.js';
import { FLAWS } from './fleet/flaws.js';

/** Within so many seeds a law has to be broken. The search begins where it was broken last. */
const SEEDS = 2_000;

describe('the laws of hosts that share a store', () => {
  it.each(Object.entries(FLAWS))(
    'are broken where %s',
    async (_name, { flaw, seed }) => {
      let broken: string | null = null;
      for (let tried = 0; tried < SEEDS && broken === null; tried += 1) {
        broken = await simulateFleet(1 + ((seed - 1 + tried) % SEEDS), flaw).then(
          () => null,
          (error: unknown) => String(error),
        );
      }
      expect(broken).toMatch(/^Error: seed \d+: law "[a-z-]+" broken/);
    },
    600_000,
  );
});
