/** Settings that are amounts: durations, sizes, counts, shares. Each knows its range and says it when it is left. */
import { type Description, Expected, option, VARIABLE } from './option.js';
import {
  DURATION_PATTERN,
  formatSize,
  NUMBER_PATTERN,
  parseDuration,
  parseShare,
  parseSize,
  PERCENT_PATTERN,
  SIZE_PATTERN,
} from './quantities.js';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Milliseconds. `min` and `max` are written as in the file. */
export function duration(range: { readonly min: string; readonly max: string }, about: Description) {
  const min = parseDuration(range.min) ?? 0;
  const max = parseDuration(range.max) ?? 0;
  const limits = `${range.min} to ${range.max}`;
  return option<number>(
    (raw) => {
      if (typeof raw === 'number' && raw !== 0) {
        return new Expected('expected a duration such as 30s: a number needs a unit (ms, s, m, h, d)');
      }
      const value = isText(raw) ? parseDuration(String(raw)) : null;
      if (value === null) return new Expected('expected a duration such as 30s');
      return value >= min && value <= max ? value : new Expected(`expected a duration from ${limits}`);
    },
    about,
    {
      anyOf: [
        { type: 'string', pattern: DURATION_PATTERN.source },
        ...(min === 0 ? [{ const: 0 }] : []),
        VARIABLE,
      ],
      'x-unit': 'duration',
      'x-range': limits,
    },
  );
}

/** Bytes. */
export function size(range: Range, about: Description) {
  const limits = `${formatSize(range.min)} to ${formatSize(range.max)}`;
  return option<number>(
    (raw) => {
      if (typeof raw === 'number' && raw !== 0) {
        return new Expected(
          'expected a size such as 64KiB: a number needs a unit (B, KiB, MiB, GiB, kB, MB, GB)',
        );
      }
      const value = isText(raw) ? parseSize(String(raw)) : null;
      if (value === null) return new Expected('expected a size such as 64KiB');
      return within(value, range) ? value : new Expected(`expected a size from ${limits}`);
    },
    about,
    {
      anyOf: [
        { type: 'string', pattern: SIZE_PATTERN.source },
        ...(range.min === 0 ? [{ const: 0 }] : []),
        VARIABLE,
      ],
      'x-unit': 'size',
      'x-range': limits,
    },
  );
}

export function integer(range: Range, about: Description) {
  const expected = `expected a whole number from ${range.min} to ${range.max}`;
  return option<number>(
    (raw) => {
      const value = numberOf(raw);
      return value !== null && Number.isInteger(value) && within(value, range)
        ? value
        : new Expected(expected);
    },
    about,
    {
      anyOf: [{ type: 'integer', minimum: range.min, maximum: range.max }, VARIABLE],
      'x-unit': 'whole number',
      'x-range': `${range.min} to ${range.max}`,
    },
  );
}

/** A fraction, 0 to 1 at most: written `0.1` or `10%`. */
export function share(range: Range, about: Description) {
  const limits = `${range.min * 100}% to ${range.max * 100}%`;
  return option<number>(
    (raw) => {
      const value = isText(raw) ? parseShare(String(raw)) : null;
      return value !== null && within(value, range)
        ? value
        : new Expected(`expected a share from ${limits}, such as 10% or 0.1`);
    },
    about,
    {
      anyOf: [
        { type: 'number', minimum: range.min, maximum: range.max },
        { type: 'string', pattern: PERCENT_PATTERN.source },
        VARIABLE,
      ],
      'x-unit': 'share',
      'x-range': limits,
    },
  );
}

/** 0 to 100 at most: written `20` or `20%`. */
export function percent(range: Range, about: Description) {
  return option<number>(
    (raw) => {
      const text = isText(raw) ? String(raw) : '';
      const value = numberOf(PERCENT_PATTERN.test(text) ? text.slice(0, -1) : raw);
      return value !== null && within(value, range)
        ? value
        : new Expected(`expected a percentage from ${range.min}% to ${range.max}%`);
    },
    about,
    {
      anyOf: [
        { type: 'number', minimum: range.min, maximum: range.max },
        { type: 'string', pattern: PERCENT_PATTERN.source },
        VARIABLE,
      ],
      'x-unit': 'percent',
      'x-range': `${range.min}% to ${range.max}%`,
    },
  );
}

function isText(raw: unknown): boolean {
  return typeof raw === 'string' || typeof raw === 'number';
}

function numberOf(raw: unknown): number | null {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : null;
  return typeof raw === 'string' && NUMBER_PATTERN.test(raw) ? Number(raw) : null;
}

function within(value: number, range: Range): boolean {
  return value >= range.min && value <= range.max;
}
