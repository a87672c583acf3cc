/**
 * Kinds of values that settings have: how people write one in the file, how it is held (milliseconds, bytes,
 * fractions), and what is checked of it wherever it comes from outside. Bounds stand here alone, so the file, the
 * API, the event log and the workers cannot differ about them. All kinds but free text also read quoted text, because a
 * substituted `${VARIABLE}` is text.
 */
import * as shapes from '../shape.js';
import type { Shape } from '../shape.js';
import { suggest } from '../suggest.js';

/** What a reader answers for input that is not of its kind: one sentence. */
export class Expected {
  readonly message: string;
  /** Of a mapping: what was expected of single keys, told in their places instead. */
  readonly ofKeys: ReadonlyMap<string, string>;
  constructor(message: string, ofKeys: ReadonlyMap<string, string> = new Map()) {
    this.message = message;
    this.ofKeys = ofKeys;
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
  /**
   * Whether a text between slashes is a regular expression. The control plane checks it with the package that it uses
   * it with, so that workers need not load that.
   */
  readonly mayBePattern?: boolean;
}

interface ListForm {
  readonly kind: Kind<unknown>;
  readonly min: number;
  readonly max: number;
  /** Said of a list that is too short. */
  readonly expected: string;
  /** A value that is no list is a list of one. */
  readonly oneAlone: boolean;
}

/** Where a value of the file may be a variable instead. Editors then accept it in every place. */
export const VARIABLE: JsonSchema = { type: 'string', pattern: '\\$\\{' };

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
interface TextForm {
  readonly unit: string;
  /** What was expected, or `null` when the text will do. */
  readonly problemOf: (value: string) => string | null;
  /** Longest text, in UTF-16 units. */
  readonly max: number;
  /** What is held of texts from the log and from other processes, besides their length. */
  readonly pattern?: RegExp;
}

export function text<T extends string>(form: TextForm): Kind<T> {
  return {
    read: (raw) => {
      if (typeof raw !== 'string') {
        return new Expected(`expected ${form.unit}${typeof raw === 'number' ? ' (in quotes)' : ''}`);
      }
      const problem = form.problemOf(raw) ?? lengthProblem(raw, form.max);
      return problem === null ? (raw as T) : new Expected(problem);
    },
    write: (value) => value,
    shape: shapes.text<T>(form.max, form.pattern),
    json: { type: 'string', 'x-unit': form.unit },
  };
}

/** Of a text that is too long to be stored: it is refused here, where somebody can be told. */
export function lengthProblem(value: string, max: number): string | null {
  return value.length <= max ? null : `expected at most ${max} characters`;
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
      if (elements.length > form.max) return new Expected(tooMany(form.max));
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
    elements: { kind, min, max: form.max, expected, oneAlone },
  };
}

/** Said of a list that is too long. */
export function tooMany(max: number): string {
  return `expected at most ${max} elements`;
}

/** Longest path of a file that systems take. */
const MAX_PATH = 4_096;

/** A file or directory; relative to the directory of the configuration file. */
export const path: Kind<string> = {
  ...text({
    unit: 'a path',
    problemOf: (value) =>
      value === '' || value.includes('\0') ? 'expected a path, not an empty text' : null,
    max: MAX_PATH,
  }),
  isPath: true,
};
