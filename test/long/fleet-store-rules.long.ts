/** Ten thousand seeds of hosts that share a store (`property/fleet-store-rules.property.test.ts`). */
import { checkRules, ruleSeeds } from '../support/fleet/rules-run.js';

describe('hosts that share a store', () => {
  it('keep the laws for long', () => {
    checkRules(ruleSeeds(10_000));
  }, 1_200_000);
});
