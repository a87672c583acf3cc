import {
  SOON_MS,
  SOON_WITHOUT_SUCCESS_MS,
  planRestart,
} from '../../../../control-plane/workers/restart-policy.js';
import { seededRandom } from '../../../../shared/prng.js';

const MIDDLE = () => 0.5;
const ENOUGH = { total: 4, others: 3 };
const ALONE = { total: 4, others: 0 };

function crash(crashesBefore: number, livedMs = 100, forwarded = true) {
  return { crashesBefore, livedMs, forwarded };
}

describe('planRestart', () => {
  it('answers a single crash at once', () => {
    expect(planRestart(crash(0, 5), ENOUGH, MIDDLE)).toEqual({ crashes: 1, delayMs: 0 });
  });

  it('backs off in a crash loop, doubling up to half a minute', () => {
    const delays: number[] = [];
    let crashes = 0;
    for (let i = 0; i < 12; i += 1) {
      const plan = planRestart(crash(crashes), ENOUGH, MIDDLE);
      crashes = plan.crashes;
      delays.push(plan.delayMs);
    }
    expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('does not overflow however long the loop lasts', () => {
    expect(planRestart(crash(5_000, 0), ENOUGH, MIDDLE)).toEqual({ crashes: 5_001, delayMs: 30_000 });
  });

  it('forgives what was before a minute of life', () => {
    expect(planRestart(crash(9, 59_999), ENOUGH, MIDDLE).crashes).toBe(10);
    expect(planRestart(crash(9, 60_000), ENOUGH, MIDDLE)).toEqual({ crashes: 1, delayMs: 0 });
  });

  it('varies by a fifth, so that workers do not start in step', () => {
    expect(planRestart(crash(2, 0), ENOUGH, () => 0).delayMs).toBe(400);
    expect(planRestart(crash(2, 0), ENOUGH, () => 0.999_999).delayMs).toBe(600);
  });

  it.each([
    [1, 0, true],
    [2, 0, true],
    [2, 1, false],
    [3, 1, true],
    [3, 2, false],
    [8, 1, true],
    [8, 2, false],
  ])('of %d workers starts one soon while %d others serve: %s', (total, others, soon) => {
    const { delayMs } = planRestart(crash(20), { total, others }, MIDDLE);
    expect(delayMs).toBe(soon ? SOON_MS : 30_000);
  });

  it('starts one that never forwarded less often, but does not leave the port for long', () => {
    expect(planRestart(crash(20, 100, false), ALONE, MIDDLE).delayMs).toBe(SOON_WITHOUT_SUCCESS_MS);
    expect(planRestart(crash(1, 100, false), ALONE, MIDDLE).delayMs).toBe(250);
  });
});

describe('a client that ends a worker again and again', () => {
  const BOOT_MS = 300;
  const KILLS = 39;
  const WITHIN_MS = 20_000;

  interface Place {
    crashes: number;
    startedAt: number;
    readyAt: number;
  }

  /** Kills a worker that forwards, any, again and again. Answers for how long at most no worker forwarded. */
  function besiege(total: number, seed: number): { longest: number; starts: number } {
    const random = seededRandom(seed);
    const places = Array.from({ length: total }, (): Place => ({ crashes: 0, startedAt: 0, readyAt: 0 }));
    let [longest, gap, starts] = [0, 0, 0];
    const every = WITHIN_MS / KILLS;
    for (let at = 0; at < WITHIN_MS; at += 1) {
      const ready = places.filter(({ readyAt }) => readyAt <= at);
      gap = ready.length === 0 ? gap + 1 : 0;
      longest = Math.max(longest, gap);
      if (Math.floor(at / every) === Math.floor((at - 1) / every) || ready.length === 0) continue;
      const victim = ready[Math.floor(random() * ready.length)]!;
      const others = places.filter((one) => one !== victim && one.startedAt <= at + SOON_MS).length;
      const ending = { crashesBefore: victim.crashes, livedMs: at - victim.startedAt, forwarded: true };
      const plan = planRestart(ending, { total, others }, random);
      victim.crashes = plan.crashes;
      victim.startedAt = at + plan.delayMs;
      victim.readyAt = victim.startedAt + BOOT_MS;
      starts += 1;
    }
    return { longest, starts };
  }

  it.each([1, 2, 3, 4, 8])('does not close the port of %d workers with 39 kills in 20 s', (total) => {
    for (let seed = 0; seed < 8; seed += 1) {
      const { longest, starts } = besiege(total, seed);
      // What a start takes, and a bit.
      expect(longest).toBeLessThanOrEqual(SOON_MS * 1.2 + BOOT_MS + 1);
      expect(starts).toBeLessThanOrEqual(KILLS + 1);
    }
  });
});
