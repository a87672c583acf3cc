import fc from 'fast-check';
import {
  formatDuration,
  formatSize,
  parseDuration,
  parseShare,
  parseSize,
} from '../../shared/settings/quantities.js';

describe('quantities are read back as they were written', () => {
  it('durations, to the millisecond', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 }), (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms)),
    );
  });

  it('sizes, to the byte', () => {
    const bytes = fc.oneof(
      fc.nat(),
      fc.nat({ max: 4_096 }).map((count) => count * 1_048_576),
    );
    fc.assert(fc.property(bytes, (size) => expect(parseSize(formatSize(size))).toBe(size)));
  });

  it('shares, in hundredths', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100 }), (percent) => {
        expect(parseShare(`${percent}%`)).toBe(percent / 100);
        expect(parseShare(String(percent / 100))).toBe(percent / 100);
      }),
    );
  });

  it('and any other text gives a finite number or none', () => {
    const text = fc.string({
      unit: fc.constantFrom('1', '0', '.', 's', 'm', 'B', 'K', 'i', '%', '-', ' ', 'e'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(text, (word) => {
        for (const value of [parseDuration(word), parseSize(word), parseShare(word)]) {
          expect(value === null || Number.isFinite(value)).toBe(true);
        }
      }),
    );
  });
});
