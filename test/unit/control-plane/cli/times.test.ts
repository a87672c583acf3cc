import { formatSpan, formatTime, parseTime } from '../../../../control-plane/cli/times.js';

const NOW = Date.UTC(2026, 0, 31, 12);

describe('a time on the command line', () => {
  const TIMES: readonly [string, number | null][] = [
    ['now', NOW],
    ['0s', NOW],
    ['10m', NOW - 600_000],
    ['5m ago', NOW - 300_000],
    ['1h30m', NOW - 5_400_000],
    ['1h 30m ago', NOW - 5_400_000],
    ['2d', NOW - 172_800_000],
    [' 10m ', NOW - 600_000],
    ['2026-01-31T03:00:00Z', Date.UTC(2026, 0, 31, 3)],
    ['2026-01-31T03:00Z', Date.UTC(2026, 0, 31, 3)],
    ['2026-01-31T03:00:00.250Z', Date.UTC(2026, 0, 31, 3) + 250],
    ['2026-01-31T03:00:00+02:00', Date.UTC(2026, 0, 31, 1)],
    ['2026-01-31T03:00:00', Date.UTC(2026, 0, 31, 3)],
    ['2026-01-31 03:00:00Z', Date.UTC(2026, 0, 31, 3)],
    ['2026-01-31 03:00', Date.UTC(2026, 0, 31, 3)],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-13-31', null],
    ['2026-01-31T25:00Z', null],
    ['10', null],
    ['10 minutes', null],
    ['ago', null],
    ['', null],
    ['yesterday', null],
    ['-5m', null],
  ];
  it.each(TIMES)('"%s"', (text, expected) => {
    expect(parseTime(text, NOW)).toBe(expected);
  });
});

describe('a span of time', () => {
  it.each([
    [0, '0s'],
    [999, '0s'],
    [-5_000, '0s'],
    [1_000, '1s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [61_000, '1m 1s'],
    [3_600_000, '1h'],
    [3_659_000, '1h'],
    [3_660_000, '1h 1m'],
    [90_000_000, '1d 1h'],
    [400 * 86_400_000, '400d'],
  ])('of %d ms', (ms, expected) => {
    expect(formatSpan(ms)).toBe(expected);
  });
});

describe('a time that is shown', () => {
  it('has whole seconds and its zone', () => {
    expect(formatTime('2026-01-31T03:12:07.250Z')).toBe('2026-01-31 03:12:07Z');
  });
});
