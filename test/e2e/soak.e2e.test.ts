/** A short soak; `npm run soak` is the long one, which also judges the growth of memory. */
import { runSoak } from '../bench/soak-run.js';

const DURATION_MS = 12_000;
/** A busy machine does less in that time, but never this little. */
const MIN_ANSWERED = 300;

describe('mixed load', () => {
  it('is answered, to whom it belongs, and leaves nothing behind', async () => {
    const result = await runSoak({
      engine: 'native',
      durationMs: DURATION_MS,
      seed: 1,
      sampleEveryMs: 1_000,
    });
    let answered = 0;
    for (const action of result.tally.actions.values()) answered += action.answered;

    expect(result.tally.violations).toEqual([]);
    expect(answered).toBeGreaterThan(MIN_ANSWERED);
    expect(result.backendRequests).toBeGreaterThan(MIN_ANSWERED);
    for (const { samples, heap } of result.workers) {
      expect(samples.length).toBeGreaterThan(0);
      expect(heap.length).toBeGreaterThan(0);
    }
  });
});
