/**
 * Kinds of setting values: how a person writes one in the file, its internal form (milliseconds, bytes, fractions), and the
 * checks of values from outside. Bounds are stated only here, so the file, the API, the event log and the workers cannot
 * disagree. All kinds except free text also accept quoted text, because a substituted `${VARIABLE}` is text.
 */
import * as shapes from '../shape.js';
import type { Shape } from '../shape.js';
import { suggest } from '../suggest.js';

/** The result of reading invalid input: one sentence that says what was expected. */
export class Expected {
  readonly message: string;
  /** For a mapping: what was expected of single keys. These problems are reported at the keys. */
  readonly ofKeys: ReadonlyMap<string, string>;
  constructor(message: string, ofKeys: ReadonlyMap<string, string> = new Map()) {
    this.message = message;
    this.ofKeys = ofKeys;
  }
}

/** JSON Schema (draft 7). `x-unit` and `x-range` become columns of the reference. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Kind<T> {
  /** Reads a value from YAML or JSON. */
  read(raw: unknown): T | Expected;
  /** Writes a value in the words of the file. */
  write(value: T): unknown;
  /** The shape of the internal form. */
  readonly shape: Shape<T>;
  /** The values that the file may contain. */
  readonly json: JsonSchema;
  /** For a list: the form of its elements, so that each wrong element is reported in its place. */
  readonly elements?: ListForm;
  /** Whether the value is a path. It is relative to the directory of the file until it is resolved. */
  readonly isPath?: boolean;
  /**
   * Whether text between slashes is a regular expression. The control plane checks the pattern with the package that uses
   * it, so that workers need not load the package.
   */
  readonly mayBePattern?: boolean;
}

interface ListForm {
  readonly kind: Kind<unknown>;
  readonly min: number;
  readonly max: number;
  /** The message for a list that is too short. */
  readonly expected: string;
  /** Whether a value that is no list counts as a list of one. */
  readonly oneAlone: boolean;
}

/** A variable in the file may replace any value. The schema allows it everywhere, so that editors accept it. */
export const VARIABLE: JsonSchema = { type: 'string', pattern: '\\$\\{' };

/** Words for true and false in YAML 1.1 and other languages. */
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

/** Text of a given form. */
interface TextForm {
  readonly unit: string;
  /** Returns what was expected, or `null` if the text is valid. */
  readonly problemOf: (value: string) => string | null;
  /** The longest text, in UTF-16 units. */
  readonly max: number;
  /** Checked, besides the length, in texts from the log and from other processes. */
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

/** The message for a text that is too long to be stored. It is refused here, where the author of the file can be told. */
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

/** The message for a list that is too long. */
export function tooMany(max: number): string {
  return `expected at most ${max} elements`;
}

/** The longest path of a file that systems accept. */
const MAX_PATH = 4_096;

/** A file or directory, relative to the directory of the configuration file. */
export const path: Kind<string> = {
  ...text({
    unit: 'a path',
    problemOf: (value) =>
      value === '' || value.includes('\0') ? 'expected a path, not an empty text' : null,
    max: MAX_PATH,
  }),
  isPath: true,
};
