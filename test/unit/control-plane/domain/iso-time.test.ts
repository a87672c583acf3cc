import { isoTime } from '../../../../control-plane/domain/iso-time.js';

describe('isoTime', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [-1, '1969-12-31T23:59:59.999Z'],
    [951_782_400_000, '2000-02-29T00:00:00.000Z'],
    [1_767_237_127_250.9, '2026-01-01T03:12:07.250Z'],
    [-0.5, '1969-12-31T23:59:59.999Z'],
  ])('%p is %s', (at, expected) => {
    expect(isoTime(at)).toBe(expected);
  });

  it('shows what no date can tell as the last moment that one can', () => {
    expect(isoTime(Number.MAX_SAFE_INTEGER)).toBe('+275760-09-13T00:00:00.000Z');
    expect(isoTime(Infinity)).toBe('+275760-09-13T00:00:00.000Z');
  });
});
