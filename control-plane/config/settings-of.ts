/** Converts settings between the names of the file and those of the code. The schema has checked the values before. */
import { resolve } from 'node:path';
import { completed, keysOf } from '#shared/settings/complete.js';
import { moved } from '#shared/settings/second-place.js';
import type { Field, Owner, Section } from '#shared/settings/section.js';

type Named = Readonly<Record<string, unknown>>;

/** The owner of the settings, and where their file is. */
export interface Place extends Owner {
  /** Directory that relative paths start from. */
  readonly directory: string;
}

/** Converts what the schema has read, and fills in every default. */
export function settingsOf<T>(section: Section<T>, input: Named, place: Place): T {
  return completed(section, heldOf(section, input, place.directory), place);
}

function heldOf(section: Section<unknown>, said: Named, directory: string): Named {
  const input = moved(section, said, 'as in the file');
  const held: Record<string, unknown> = {};
  const tagged = section.variants === null ? {} : { [section.variants.key]: input[nameOf(section)] };
  for (const key of keysOf(section, tagged)) {
    const field = section.fields[key];
    const value = field === undefined ? undefined : heldField(field, input[field.name], directory);
    if (value !== undefined) held[key] = value;
  }
  return held;
}

/** Name, in the file, of the key that tells the variants apart. */
function nameOf({ fields, variants }: Section<unknown>): string {
  return fields[variants?.key ?? '']?.name ?? '';
}

function heldField(field: Field, value: unknown, directory: string): unknown {
  if (value === undefined) return undefined;
  switch (field.is) {
    case 'value':
      return field.kind.isPath === true && typeof value === 'string' ? resolve(directory, value) : value;
    case 'group': {
      const held = heldOf(field.section, value as Named, directory);
      return field.presence === 'optional' && Object.keys(held).length === 0 ? undefined : held;
    }
    case 'switch':
      return (value as Named)['enabled'] === false ? null : heldOf(field.section, value as Named, directory);
  }
}

/** How an optional setting without a value is written. */
export type Absent = 'left out' | 'null';

/** The settings in the words and units of the file. */
export function writtenOf<T>(section: Section<T>, settings: T, absent: Absent = 'left out'): Named {
  const held = settings as Named;
  const written: Record<string, unknown> = {};
  for (const key of keysOf(section, held)) {
    const field = section.fields[key];
    if (field === undefined) continue;
    const value = writtenField(field, held[key]);
    if (value !== null) written[field.name] = value;
    else if (absent === 'null') written[field.name] = null;
  }
  return written;
}

/** One setting in the words and units of the file; `null` if it has no value. */
export function writtenField(field: Field, value: unknown): unknown {
  switch (field.is) {
    case 'value':
      return value === undefined || value === null ? null : field.kind.write(value);
    case 'group':
      return value === undefined || value === null ? null : writtenOf(field.section, value);
    case 'switch':
      return value === null || value === undefined
        ? { enabled: false }
        : { enabled: true, ...writtenOf(field.section, value) };
  }
}
