import { planRestart } from '../../../../control-plane/workers/restart-policy.js';

const MIDDLE = () => 0.5;

describe('planRestart', () => {
  it('answers a single crash at once', () => {
    expect(planRestart(0, 5, MIDDLE)).toEqual({ crashes: 1, delayMs: 0 });
  });

  it('backs off in a crash loop, doubling up to half a minute', () => {
    const delays: number[] = [];
    let crashes = 0;
    for (let i = 0; i < 12; i += 1) {
      const plan = planRestart(crashes, 100, MIDDLE);
      crashes = plan.crashes;
      delays.push(plan.delayMs);
    }
    expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('does not overflow however long the loop lasts', () => {
    expect(planRestart(5_000, 0, MIDDLE)).toEqual({ crashes: 5_001, delayMs: 30_000 });
  });

  it('forgives what was before a minute of life', () => {
    expect(planRestart(9, 59_999, MIDDLE).crashes).toBe(10);
    expect(planRestart(9, 60_000, MIDDLE)).toEqual({ crashes: 1, delayMs: 0 });
  });

  it('varies by a fifth, so that workers do not start in step', () => {
    expect(planRestart(2, 0, () => 0).delayMs).toBe(400);
    expect(planRestart(2, 0, () => 0.999_999).delayMs).toBe(600);
  });
});
