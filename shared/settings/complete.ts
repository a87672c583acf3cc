/**
 * Fills in missing settings: defaults, and values that follow from other settings. Settings that a file leaves out and
 * settings that an older release did not know get the same values.
 */
import { assert } from '../assert.js';
import { Expected } from './kind.js';
import { moved } from './second-place.js';
import type { Field, Owner, Section } from './section.js';

type Settings = Readonly<Record<string, unknown>>;

/**
 * Completes settings.
 * @param stored has the shape of the section, with or without its defaults
 */
export function completed<T>(section: Section<T>, stored: Settings, owner: Owner): T {
  const given = moved(section, stored, 'as in the log');
  const keys = keysOf(section, given);
  const settings: Record<string, unknown> = { ...given };
  let isNew = false;
  for (const key of keys) {
    const field = section.fields[key];
    const value = field === undefined ? undefined : completedField(field, given[key], owner);
    if (value === given[key]) continue;
    settings[key] = value;
    isNew = true;
  }
  for (const key of keys) {
    if (settings[key] !== undefined || !Object.hasOwn(section.derive, key)) continue;
    // The derivations of a section take its own settings; `section()` checks their types.
    const derive = section.derive[key] as ((settings: Settings, owner: Owner) => unknown) | undefined;
    settings[key] = derive?.(settings, owner);
    isNew = true;
  }
  return (isNew ? settings : given) as T;
}

/** Every setting at its default. Throws if a setting is required. */
export function defaultsOf<T>(section: Section<T>, owner: Owner = NO_OWNER): T {
  const lacking = Object.entries(section.fields).find(
    ([, field]) => field.is === 'value' && field.presence === 'required',
  );
  assert(lacking === undefined, `${lacking?.[0] ?? ''} has no default`);
  return completed(section, {}, owner);
}

/** For sections with defaults that depend on nothing else. */
export const NO_OWNER: Owner = { pool: '', cores: 1 };

/** Keys of the present variant, or of the section if it has no variants. */
export function keysOf(section: Section<unknown>, settings: Settings): readonly string[] {
  const { variants } = section;
  if (variants === null) return Object.keys(section.fields);
  const tag = section.fields[variants.key];
  const variant = settings[variants.key] ?? (tag?.is === 'value' ? tag.default : undefined);
  return [variants.key, ...(variants.of[String(variant)] ?? [])];
}

function completedField(field: Field, value: unknown, owner: Owner): unknown {
  if (field.is === 'value') {
    if (value !== undefined) return value;
    if (field.presence === 'null') return null;
    return field.presence === 'default' ? defaultOf(field) : undefined;
  }
  if (value === null) return null;
  if (value === undefined && field.is === 'switch' && !field.isOn) return null;
  if (value === undefined && field.is === 'group' && field.presence === 'optional') return undefined;
  return completed(field.section, (value ?? {}) as Settings, owner);
}

function defaultOf(field: Extract<Field, { is: 'value' }>): unknown {
  const value = field.kind.read(field.default);
  assert(!(value instanceof Expected), `${field.name}: its default is not of its kind`);
  return value;
}
