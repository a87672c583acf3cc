/**
 * Many seeds of the whole system under faults. `TIDEGATE_SEEDS=5000` runs more, `TIDEGATE_SEED=n` one, telling what happened.
 *
 * @jest-environment ./test/support/swift-environment.cjs
 */
import { simulate, simulateFullDisk } from './plan.js';

const SEEDS = Number(process.env['TIDEGATE_SEEDS'] ?? 100);
const ONLY = process.env['TIDEGATE_SEED'];

describe('the whole system under faults', () => {
  it('keeps its laws, whatever happens in which order', async () => {
    if (ONLY !== undefined) {
      process.stdout.write(`${JSON.stringify(await simulate(Number(ONLY)), null, 1)}\n`);
      return;
    }
    const sum: Record<string, number> = {};
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      for (const [what, count] of Object.entries(await simulate(seed))) sum[what] = (sum[what] ?? 0) + count;
    }
    // A run in which nothing happens proves nothing.
    for (const what of [
      'trials',
      'BreakerOpened',
      'PanicEntered',
      'retries',
      'queue_full',
      'queue_timeout',
      'snapshots refused',
      'primaries',
      'store unavailable',
      'store recovered',
      'gaps',
      'renewals',
    ]) {
      expect([what, (sum[what] ?? 0) > 0]).toEqual([what, true]);
    }
    if (process.env['TIDEGATE_SEEDS'] !== undefined) {
      process.stdout.write(`${JSON.stringify(sum, null, 1)}\n`);
    }
  }, 600_000);

  it('keeps them while nothing can be stored: what happens reaches the workers, and is stored afterwards', async () => {
    const sum: Record<string, number> = {};
    const wanted = ['BreakerOpened', 'trials', 'operator: failed', 'store recovered', 'gaps'];
    const unseen = (): readonly string[] => wanted.filter((what) => (sum[what] ?? 0) === 0);
    // Some are rare: then more runs are made, until each has happened.
    for (let seed = 1; seed <= SEEDS / 5 || (seed <= SEEDS && unseen().length > 0); seed += 1) {
      const counts = await simulateFullDisk(seed);
      for (const [what, count] of Object.entries(counts)) sum[what] = (sum[what] ?? 0) + count;
    }
    expect(unseen()).toEqual([]);
  }, 600_000);
});
