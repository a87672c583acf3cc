/** Kinds of amounts: durations, sizes, whole numbers, fractions and percentages, each with bounds. */
import * as shapes from '../shape.js';
import { Expected, VARIABLE, type JsonSchema, type Kind } from './kind.js';
import {
  DURATION_PATTERN,
  formatDuration,
  formatSize,
  NUMBER_PATTERN,
  parseDuration,
  parseShare,
  parseSize,
  PERCENT_PATTERN,
  SIZE_PATTERN,
} from './quantities.js';

/** A duration, held in milliseconds. `min` and `max` are written as in the file, and inclusive. */
export function duration(min: string, max: string): Kind<number> {
  const range = { min: parseDuration(min) ?? 0, max: parseDuration(max) ?? 0 };
  const limits = `${min} to ${max}`;
  return {
    read: (raw) => {
      if (typeof raw === 'number' && raw !== 0) {
        return new Expected('expected a duration such as 30s: a number needs a unit (ms, s, m, h, d)');
      }
      const value = isText(raw) ? parseDuration(String(raw)) : null;
      if (value === null) return new Expected('expected a duration such as 30s');
      return within(value, range) ? value : new Expected(`expected a duration from ${limits}`);
    },
    write: formatDuration,
    shape: shapes.integer(range.min, range.max),
    json: {
      anyOf: [
        { type: 'string', pattern: DURATION_PATTERN.source },
        ...(range.min === 0 ? [{ const: 0 }] : []),
        VARIABLE,
      ],
      'x-unit': 'duration',
      'x-range': limits,
    },
  };
}

/** A size in bytes. `min` and `max` are inclusive. */
export function size(min: number, max: number): Kind<number> {
  const limits = `${formatSize(min)} to ${formatSize(max)}`;
  return {
    read: (raw) => {
      if (typeof raw === 'number' && raw !== 0) {
        return new Expected(
          'expected a size such as 64KiB: a number needs a unit (B, KiB, MiB, GiB, kB, MB, GB)',
        );
      }
      const value = isText(raw) ? parseSize(String(raw)) : null;
      if (value === null) return new Expected('expected a size such as 64KiB');
      return within(value, { min, max }) ? value : new Expected(`expected a size from ${limits}`);
    },
    write: formatSize,
    shape: shapes.integer(min, max),
    json: {
      anyOf: [
        { type: 'string', pattern: SIZE_PATTERN.source },
        ...(min === 0 ? [{ const: 0 }] : []),
        VARIABLE,
      ],
      'x-unit': 'size',
      'x-range': limits,
    },
  };
}

export function integer(min: number, max: number): Kind<number> {
  return {
    read: (raw) => {
      const value = numberOf(raw);
      return value !== null && Number.isInteger(value) && within(value, { min, max })
        ? value
        : new Expected(`expected a whole number from ${min} to ${max}`);
    },
    write: (value) => value,
    shape: shapes.integer(min, max),
    json: {
      anyOf: [{ type: 'integer', minimum: min, maximum: max }, VARIABLE],
      'x-unit': 'whole number',
      'x-range': `${min} to ${max}`,
    },
  };
}

/** A fraction within 0 to 1, written as `0.1` or `10%`. `min` and `max` are inclusive. */
export function share(min: number, max: number): Kind<number> {
  const limits = `${min * 100}% to ${max * 100}%`;
  return {
    read: (raw) => {
      const value = typeof raw === 'string' ? parseShare(raw) : numberOf(raw);
      return value !== null && within(value, { min, max })
        ? value
        : new Expected(`expected a share from ${limits}, such as 10% or 0.1`);
    },
    write: (value) => value,
    shape: shapes.finite(min, max),
    json: {
      anyOf: numberOrPercent(min, max),
      'x-unit': 'share',
      'x-range': limits,
    },
  };
}

/** A percentage within 0 to 100, written as `20` or `20%`. `min` and `max` are inclusive. */
export function percent(min: number, max: number): Kind<number> {
  const limits = `${min}% to ${max}%`;
  return {
    read: (raw) => {
      const word = isText(raw) ? String(raw) : '';
      const value = numberOf(PERCENT_PATTERN.test(word) ? word.slice(0, -1) : raw);
      return value !== null && within(value, { min, max })
        ? value
        : new Expected(`expected a percentage from ${limits}`);
    },
    write: (value) => value,
    shape: shapes.finite(min, max),
    json: {
      anyOf: numberOrPercent(min, max),
      'x-unit': 'percent',
      'x-range': limits,
    },
  };
}

function numberOrPercent(min: number, max: number): readonly JsonSchema[] {
  return [
    { type: 'number', minimum: min, maximum: max },
    { type: 'string', pattern: PERCENT_PATTERN.source },
    VARIABLE,
  ];
}

function isText(raw: unknown): boolean {
  return typeof raw === 'string' || typeof raw === 'number';
}

function numberOf(raw: unknown): number | null {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : null;
  return typeof raw === 'string' && NUMBER_PATTERN.test(raw) ? Number(raw) : null;
}

function within(value: number, range: { readonly min: number; readonly max: number }): boolean {
  return value >= range.min && value <= range.max;
}
