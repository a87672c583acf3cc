/**
 * Parses durations, sizes and shares as people write them, and formats them. The internal forms are milliseconds, bytes and
 * fractions. A unit is always required, because a plain `30` means seconds in some tools and milliseconds in others.
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

/** One or more numbers with units, usually the largest unit first: `30s`, `1.5h`, `1m30s`. Or a plain `0`. */
export const DURATION_PATTERN = /^(?:0|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)$/;
export const SIZE_PATTERN = /^(?:0|\d+(?:\.\d+)?(?:B|kB|KB|MB|GB|KiB|MiB|GiB))$/;
export const PERCENT_PATTERN = /^\d+(?:\.\d+)?%$/;
/** A number in plain decimal notation. */
export const NUMBER_PATTERN = /^-?\d+(?:\.\d+)?$/;

/** Returns milliseconds, or `null` if the text is no duration. */
export function parseDuration(text: string): number | null {
  if (!DURATION_PATTERN.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (DURATION_UNITS[unit ?? ''] ?? Number.NaN);
  }
  return Math.round(total);
}

/**
 * Returns bytes, or `null` if the text is no size. `kB`, `MB`, `GB` are powers of 1,000; `KiB`, `MiB`, `GiB` are powers of
 * 1,024.
 */
export function parseSize(text: string): number | null {
  if (!SIZE_PATTERN.test(text)) return null;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(.*)$/.exec(text) ?? [];
  return Math.round(Number(amount) * (SIZE_UNITS[unit === '' ? 'B' : (unit ?? '')] ?? Number.NaN));
}

/** Returns a fraction from `0.1` or `10%`, or `null` if the text is neither. The caller checks the range. */
export function parseShare(text: string): number | null {
  if (PERCENT_PATTERN.test(text)) return Number(text.slice(0, -1)) / 100;
  return NUMBER_PATTERN.test(text) ? Number(text) : null;
}

/** Formats milliseconds exactly and as briefly as possible: `90000` becomes `1m30s`. */
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

/** Formats bytes in the largest binary unit that divides them. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const size = SIZE_UNITS[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}
