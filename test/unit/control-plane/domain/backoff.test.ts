import { openDurationMs, rememberedOpenings } from '../../../../control-plane/domain/backoff.js';

const TIMEOUTS = { resetTimeoutMs: 30_000, maxResetTimeoutMs: 300_000 };

describe('openDurationMs', () => {
  it.each([
    [1, 30_000],
    [2, 60_000],
    [3, 120_000],
    [4, 240_000],
    [5, 300_000],
    [2_000, 300_000],
  ])('opening %i lasts %i ms without variation', (openings, expected) => {
    expect(openDurationMs(openings, TIMEOUTS, 0.5)).toBe(expected);
  });

  it('varies by 20 % either way', () => {
    expect(openDurationMs(1, TIMEOUTS, 0)).toBe(24_000);
    expect(openDurationMs(1, TIMEOUTS, 1 - Number.EPSILON)).toBe(36_000);
  });

  it('never lasts longer than the cap', () => {
    expect(openDurationMs(9, TIMEOUTS, 0.99)).toBe(300_000);
    expect(openDurationMs(9, TIMEOUTS, 0)).toBe(240_000);
  });
});

describe('rememberedOpenings', () => {
  it.each([
    ['none is forgotten at first', 2, 29_999, 2],
    ['one is forgotten per reset timeout', 2, 30_000, 1],
    ['all are forgotten in the end', 2, 3_000_000, 0],
    ['those past the cap do not count', 40, 0, 5],
    ['so that the way back is as long from any of them', 40, 150_000, 0],
    ['a clock that went back forgets none', 2, -500, 2],
  ])('%s', (_name, openings, closedMs, expected) => {
    expect(rememberedOpenings(openings, closedMs, TIMEOUTS)).toBe(expected);
  });

  it('remembers one where timeouts do not grow', () => {
    const flat = { resetTimeoutMs: 30_000, maxResetTimeoutMs: 30_000 };
    expect(rememberedOpenings(7, 0, flat)).toBe(1);
    expect(rememberedOpenings(7, 0, { resetTimeoutMs: 30_000, maxResetTimeoutMs: 10_000 })).toBe(1);
  });
});
