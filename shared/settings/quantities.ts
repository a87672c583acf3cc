/**
 * Reads durations, sizes and shares as people write them, into milliseconds, bytes and fractions, and writes them
 * back. A unit is always asked for: `30` alone has meant seconds in one tool and milliseconds in the next.
 */

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** One or more numbers with units, largest unit first by custom: `30s`, `1.5h`, `1m30s`. Or a plain `0`. */
export const DURATION_PATTERN = /^(?:0|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)$/;
export const SIZE_PATTERN = /^(?:0|\d+(?:\.\d+)?(?:B|kB|KB|MB|GB|KiB|MiB|GiB))$/;
export const PERCENT_PATTERN = /^\d+(?:\.\d+)?%$/;
/** A number in plain decimal notation. */
export const NUMBER_PATTERN = /^-?\d+(?:\.\d+)?$/;

/** Milliseconds, or `null` when the text is not a duration. */
export function parseDuration(text: string): number | null {
  if (!DURATION_PATTERN.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (DURATION_UNITS[unit ?? ''] ?? Number.NaN);
  }
  return Math.round(total);
}

/** Bytes, or `null` when the text is not a size. `kB`, `MB`, `GB` are powers of 1,000; `KiB`, `MiB`, `GiB` of 1,024. */
export function parseSize(text: string): number | null {
  if (!SIZE_PATTERN.test(text)) return null;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(.*)$/.exec(text) ?? [];
  return Math.round(Number(amount) * (SIZE_UNITS[unit === '' ? 'B' : (unit ?? '')] ?? Number.NaN));
}

/** A fraction from `0.1` or `10%`, or `null`. Its range is the caller's to check. */
export function parseShare(text: string): number | null {
  if (PERCENT_PATTERN.test(text)) return Number(text.slice(0, -1)) / 100;
  return NUMBER_PATTERN.test(text) ? Number(text) : null;
}

/** Shortest exact way to write milliseconds with one or more units: `90000` is `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = DURATION_UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}

/** Bytes in the largest binary unit that divides them. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const size = SIZE_UNITS[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}
