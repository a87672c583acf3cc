/**
 * One setting: reads what YAML holds into the normal form, and carries its default, unit, range and meaning as JSON
 * Schema, from which the editor's schema and the reference are generated. Settings that are words stand here, those
 * that are amounts in `amount-options.ts`. All but free text also read quoted text, because a substituted
 * `${VARIABLE}` is text.
 */
import { z } from 'zod';
import { suggest } from './suggest.js';

/** What a reader answers for input that is not the setting's. */
export class Expected {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export interface Description {
  readonly describe: string;
  /** In words, where the default follows from other settings. */
  readonly defaultText?: string;
}

type JsonSchema = Record<string, unknown>;

/** Where a value of the file may be a variable instead. Editors then accept it in every place. */
export const VARIABLE: JsonSchema = { type: 'string', pattern: '\\$\\{' };

/** A setting that must be given, unless `.optional()` or `.prefault(…)` follows. */
export function option<T>(read: (raw: unknown) => T | Expected, about: Description, json: JsonSchema) {
  return z
    .unknown()
    .transform((raw, context): T => {
      const value = raw === undefined ? new Expected('this setting is required') : read(raw);
      if (!(value instanceof Expected)) return value;
      context.addIssue({ code: 'custom', message: value.message });
      return z.NEVER;
    })
    .meta({
      description: about.describe,
      ...(about.defaultText === undefined ? {} : { 'x-default': about.defaultText }),
      ...json,
    });
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

export function toggle(about: Description) {
  return option<boolean>(
    (raw) => {
      if (raw === true || raw === 'true') return true;
      if (raw === false || raw === 'false') return false;
      const meant = typeof raw === 'string' ? OTHER_WORDS[raw.toLowerCase()] : undefined;
      const hint = meant === undefined ? '' : `; in YAML 1.2 ${String(raw)} is text: write ${meant}`;
      return new Expected(`expected true or false${hint}`);
    },
    about,
    { anyOf: [{ type: 'boolean' }, VARIABLE], 'x-unit': 'true or false' },
  );
}

export function choice<const T extends string>(values: readonly T[], about: Description) {
  return option<T>(
    (raw) => {
      const found = values.find((value) => value === raw);
      if (found !== undefined) return found;
      const word = typeof raw === 'boolean' ? (raw ? 'on' : 'off') : raw;
      const near = typeof word === 'string' ? suggest(word, values) : null;
      const hint = near === null ? '' : `; did you mean ${near}?`;
      return new Expected(`expected ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}${hint}`);
    },
    about,
    { anyOf: [{ enum: values }, VARIABLE], 'x-unit': values.join(', ') },
  );
}

/** Text in one form: `problemOf` says what was expected, or `null` when the text will do. */
export function text(
  kind: { readonly unit: string; readonly problemOf: (value: string) => string | null },
  about: Description,
) {
  return option<string>(
    (raw) => {
      if (typeof raw !== 'string')
        return new Expected(`expected ${kind.unit}${typeof raw === 'number' ? ' (in quotes)' : ''}`);
      const problem = kind.problemOf(raw);
      return problem === null ? raw : new Expected(problem);
    },
    about,
    { type: 'string', 'x-unit': kind.unit },
  );
}

/** A file or directory; relative to the directory of the configuration file. */
export function path(about: Description) {
  return text(
    {
      unit: 'a path',
      problemOf: (value) =>
        value === '' || value.includes('\0') ? 'expected a path, not an empty text' : null,
    },
    about,
  );
}
