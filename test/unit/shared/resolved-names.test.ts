import {
  FIRST_GAP_MS,
  LONGEST_GAP_MS,
  MAX_ADDRESSES,
  ResolvedNames,
} from '../../../shared/resolved-names.js';

const BACKEND = {};

describe('what a name stands for', () => {
  it('is news the first time, in order and each address once', () => {
    const names = new ResolvedNames();
    expect(names.news(BACKEND, ['10.0.0.7', '10.0.0.3', '10.0.0.7'], 0)).toEqual(['10.0.0.3', '10.0.0.7']);
  });

  it('is no news again, in whatever order, nor when an address is gone', () => {
    const names = new ResolvedNames();
    names.news(BACKEND, ['10.0.0.3', '10.0.0.7'], 0);
    expect(names.news(BACKEND, ['10.0.0.7', '10.0.0.3'], FIRST_GAP_MS)).toBeNull();
    expect(names.news(BACKEND, ['10.0.0.7'], FIRST_GAP_MS)).toBeNull();
    expect(names.news(BACKEND, [], FIRST_GAP_MS)).toBeNull();
  });

  it('is news at once when the name moves', () => {
    const names = new ResolvedNames();
    names.news(BACKEND, ['10.0.0.3'], 0);
    expect(names.news(BACKEND, ['10.0.0.7'], 1)).toEqual(['10.0.0.7']);
  });

  it('is news when the name moves back, a while later if that is soon', () => {
    const names = new ResolvedNames();
    names.news(BACKEND, ['10.0.0.3'], 0);
    names.news(BACKEND, ['10.0.0.7'], 10);
    expect(names.news(BACKEND, ['10.0.0.3'], 9 + FIRST_GAP_MS)).toBeNull();
    expect(names.news(BACKEND, ['10.0.0.3'], 10 + FIRST_GAP_MS)).toEqual(['10.0.0.3']);
  });

  it('is told of each backend by itself', () => {
    const names = new ResolvedNames();
    names.news(BACKEND, ['10.0.0.3'], 0);
    expect(names.news({}, ['10.0.0.3'], 0)).toEqual(['10.0.0.3']);
  });

  it('is told a few times a day at most where it is another one each time, and no more than so many addresses', () => {
    const names = new ResolvedNames();
    let told = 0;
    for (let second = 0; second < 86_400; second += 1) {
      const found = Array.from({ length: 30 }, (_, index) => `10.${second % 251}.${index}.1`);
      const news = names.news(BACKEND, found, second * 1_000);
      if (news === null) continue;
      told += 1;
      expect(news).toHaveLength(MAX_ADDRESSES);
    }
    // 1, 2, 4 … 128 minutes, then every four hours.
    expect(told).toBeLessThanOrEqual(2 + 8 + 86_400_000 / LONGEST_GAP_MS);
  });

  it('is told soon again once the name has been at rest', () => {
    const names = new ResolvedNames();
    const at = (time: number, address: string) => names.news(BACKEND, [address], time) !== null;
    at(0, 'a');
    at(1, 'b');
    const rested = 1 + 2 * FIRST_GAP_MS;
    expect(at(rested, 'a')).toBe(true);
    expect(at(rested + FIRST_GAP_MS, 'b')).toBe(true);
    expect(at(rested + 2 * FIRST_GAP_MS, 'a')).toBe(false);
  });
});
