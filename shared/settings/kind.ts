/**
 * Kinds of values that settings have: how people write one in the file, how it is held (milliseconds, bytes,
 * fractions), and what is checked of it wherever it comes from outside. Bounds stand here alone, so the file, the
 * API, the event log and the workers cannot differ about them. All kinds but free text also read quoted text, because a
 * substituted `${VARIABLE}` is text.
 */
import * as shapes from '../shape.js';
import type { Shape } from '../shape.js';
import { suggest } from '../suggest.js';
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

/** What a reader answers for input that is not of its kind: one sentence. */
export class Expected {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** JSON Schema (draft 7). `x-unit` and `x-range` are columns of the reference. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Kind<T> {
  /** From what YAML or JSON holds. */
  read(raw: unknown): T | Expected;
  /** Back into the words of the file. */
  write(value: T): unknown;
  /** What is held. */
  readonly shape: Shape<T>;
  /** What the file may hold. */
  readonly json: JsonSchema;
  /** Of a list: what its elements are, so that each wrong one is told of in its place. */
  readonly elements?: ListForm;
  /** Whether the value is a path, relative to the directory of the file until it is resolved. */
  readonly isPath?: boolean;
}

export interface ListForm {
  readonly kind: Kind<unknown>;
  readonly min: number;
  /** Said of a list that is too short. */
  readonly expected: string;
  /** A value that is no list is a list of one. */
  readonly oneAlone: boolean;
}

/** Where a value of the file may be a variable instead. Editors then accept it in every place. */
export const VARIABLE: JsonSchema = { type: 'string', pattern: '\\$\\{' };

/** Milliseconds. `min` and `max` are written as in the file. */
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

/** Bytes. */
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

/** A fraction, 0 to 1 at most: written `0.1` or `10%`. */
export function share(min: number, max: number): Kind<number> {
  const limits = `${min * 100}% to ${max * 100}%`;
  return {
    read: (raw) => {
      const value = isText(raw) ? parseShare(String(raw)) : null;
      return value !== null && within(value, { min, max })
        ? value
        : new Expected(`expected a share from ${limits}, such as 10% or 0.1`);
    },
    write: (value) => value,
    shape: shapes.finite(min, max),
    json: {
      anyOf: [
        { type: 'number', minimum: min, maximum: max },
        { type: 'string', pattern: PERCENT_PATTERN.source },
        VARIABLE,
      ],
      'x-unit': 'share',
      'x-range': limits,
    },
  };
}

/** 0 to 100 at most: written `20` or `20%`. */
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
      anyOf: [
        { type: 'number', minimum: min, maximum: max },
        { type: 'string', pattern: PERCENT_PATTERN.source },
        VARIABLE,
      ],
      'x-unit': 'percent',
      'x-range': limits,
    },
  };
}

/** What YAML 1.1 and other languages have for true and false. */
const OTHER_WORDS: Readonly<Partial<Record<string, 'true' | 'false'>>> = {
  yes: 'true',
  y: 'true',
  on: 'true',
  no: 'false',
  n: 'false',
  off: 'false',
};

export const toggle: Kind<boolean> = {
  read: (raw) => {
    if (raw === true || raw === 'true') return true;
    if (raw === false || raw === 'false') return false;
    const meant = typeof raw === 'string' ? OTHER_WORDS[raw.toLowerCase()] : undefined;
    const hint = meant === undefined ? '' : `; in YAML 1.2 ${String(raw)} is text: write ${meant}`;
    return new Expected(`expected true or false${hint}`);
  },
  write: (value) => value,
  shape: shapes.flag,
  json: { anyOf: [{ type: 'boolean' }, VARIABLE], 'x-unit': 'true or false' },
};

export function choice<const T extends string>(values: readonly T[]): Kind<T> {
  return {
    read: (raw) => {
      const found = values.find((value) => value === raw);
      if (found !== undefined) return found;
      const word = typeof raw === 'boolean' ? (raw ? 'on' : 'off') : raw;
      const near = typeof word === 'string' ? suggest(word, values) : null;
      const hint = near === null ? '' : `; did you mean ${near}?`;
      return new Expected(`expected ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}${hint}`);
    },
    write: (value) => value,
    shape: shapes.oneOf(...values),
    json: { anyOf: [{ enum: values }, VARIABLE], 'x-unit': values.join(', ') },
  };
}

/** Text in one form. */
export interface TextForm<T> {
  readonly unit: string;
  /** What was expected, or `null` when the text will do. */
  readonly problemOf: (value: string) => string | null;
  /** What is held of texts from the log and from other processes. */
  readonly shape: Shape<T>;
}

export function text<T extends string>(form: TextForm<T>): Kind<T> {
  return {
    read: (raw) => {
      if (typeof raw !== 'string') {
        return new Expected(`expected ${form.unit}${typeof raw === 'number' ? ' (in quotes)' : ''}`);
      }
      const problem = form.problemOf(raw);
      return problem === null ? (raw as T) : new Expected(problem);
    },
    write: (value) => value,
    shape: form.shape,
    json: { type: 'string', 'x-unit': form.unit },
  };
}

/** A list of `min` to `max` elements. */
export function listOf<T>(
  kind: Kind<T>,
  form: {
    readonly max: number;
    readonly unit: string;
    readonly min?: number;
    readonly expected?: string;
    readonly oneAlone?: boolean;
    readonly json?: JsonSchema;
  },
): Kind<readonly T[]> {
  const { min = 0, expected = 'expected a list', oneAlone = false } = form;
  return {
    read: (raw) => {
      const elements: readonly unknown[] | null = Array.isArray(raw) ? raw : oneAlone ? [raw] : null;
      if (elements === null || elements.length < min) return new Expected(expected);
      const values: T[] = [];
      for (const element of elements) {
        const value = kind.read(element);
        if (value instanceof Expected) return value;
        values.push(value);
      }
      return values;
    },
    write: (values) => values.map((value) => kind.write(value)),
    shape: shapes.list(kind.shape, form.max),
    json: { 'x-unit': form.unit, ...form.json },
    elements: { kind, min, expected, oneAlone },
  };
}

/** Longest path of a file that systems take. */
const MAX_PATH = 4_096;

/** A file or directory; relative to the directory of the configuration file. */
export const path: Kind<string> = {
  ...text({
    unit: 'a path',
    problemOf: (value) =>
      value === '' || value.includes('\0') ? 'expected a path, not an empty text' : null,
    shape: shapes.text(MAX_PATH),
  }),
  isPath: true,
};

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
