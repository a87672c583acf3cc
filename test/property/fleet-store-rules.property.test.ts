/**
 * The rules by which hosts share a store, tried by the seed: `TIDEGATE_SEEDS=10000` runs as many, `TIDEGATE_SEED=n` one, and tells
 * what happened. Each rule is also left out, to see that the laws need it and that the seeds find it.
 *
 * @jest-environment ./test/support/swift-environment.cjs
 */
import type { RulesFlaw } from '../support/fleet/rules-fleet.js';
import { checkRules, ruleSeeds } from '../support/fleet/rules-run.js';
import { runRules } from '../support/fleet/rules-world.js';

const ONLY = process.env['TIDEGATE_SEED'];
/** A rule that is left out is missed within so many seeds. */
const MAX_SEEDS = 2_000;

const FLAWS: Readonly<Record<RulesFlaw, string>> = {
  'append-without-lease': 'appends without a look at the lease',
  'append-compares-no-command': 'appends a batch without event twice',
  'append-in-spite-of-deadline': 'carries out what is void',
  'restore-keeps-inbox': 'keeps the writes that were posted in a lost history',
  'lease-kept-gives-no-new-epoch': 'goes on with the epoch of a lease that is had again',
  'lease-from-the-future-counts': 'takes a lease for live that ends later than one can last',
  'beat-counts-no-hosts': 'takes any number of hosts',
  'beat-forgets-who-left': 'takes a late beat of a host that left for a new one',
  'lease-is-evicted': 'may evict the lease',
  'follows-only-by-bells': 'is looked at only when a bell rings',
  'compares-no-own-entry': 'is followed without a look at the own entry',
  'compares-by-number': 'is compared by the number of events alone',
  'shows-pages': 'is followed page by page',
  'gives-up-when-ahead': 'is followed by hosts that know more',
  'stands-beside-better': 'is led by whoever comes first',
  'stands-at-once': 'is led before others are heard',
  'leads-in-spite-of-loss': 'is led though it lost something since the last beat',
  'takes-the-next-epoch': 'counts its epochs by one',
  'carries-out-any-term': 'has writes of any term carried out',
  'appends-its-tail-again': 'is given the events that it lost, in the same term',
  'voids-a-repeated-batch': 'is too late for a repeated batch, and the term goes on',
  'forgets-that-it-sent': 'is taken for not having what it did not answer',
};

describe('hosts that share a store', () => {
  it('keep the laws, whatever gets lost', () => {
    if (ONLY === undefined) return checkRules(ruleSeeds(500));
    const { told, violation } = runRules(Number(ONLY), [], true);
    process.stdout.write(`${told.join('\n')}\n${violation ?? 'no law was broken'}\n`);
  });

  describe('break them when the store', () => {
    it.each(Object.entries(FLAWS) as [RulesFlaw, string][])('… %s: %s', (flaw) => {
      const isFound = (seed: number): boolean => runRules(seed, [flaw]).violation !== null;
      let seed = 1;
      while (seed <= MAX_SEEDS && !isFound(seed)) seed += 1;
      expect(seed).toBeLessThanOrEqual(MAX_SEEDS);
    });
  });
});
