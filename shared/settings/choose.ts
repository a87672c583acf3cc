/** Combines settings from several sources of the same section, key by key. */
import { isOptional, type Section } from './section.js';

/** Keys of the section, in the order of the reference. */
export function keysIn<T>(section: Section<T>): readonly (keyof T & string)[] {
  return Object.keys(section.fields) as (keyof T & string)[];
}

/** Takes each setting from the source that `from` returns. A setting that is absent there stays absent. */
export function chosen<T extends object>(section: Section<T>, from: (key: keyof T & string) => T): T {
  const entries = keysIn(section).map((key) => [key, from(key)[key]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as T;
}

/** Only the settings that the section declares. */
export function picked<T extends object>(section: Section<T>, settings: T): T {
  return chosen(section, () => settings);
}

/** Changes of some settings. `null` removes an optional one. */
export type Changes<T> = {
  readonly [K in keyof T]?: T[K] | (Record<never, never> extends Pick<T, K> ? null : never);
};

/** Applies the changes to `settings`. Properties outside the section stay. */
export function changed<T extends object, S extends T>(
  section: Section<T>,
  settings: S,
  changes: Changes<T>,
): S {
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(settings));
  for (const key of keysIn(section)) {
    const value = changes[key];
    if (value === null && isOptional(section.fields[key])) delete result[key];
    else if (value !== undefined) result[key] = value;
  }
  return result as S;
}

/** The changes that turn `from` into `to`, for the keys that `isSame` does not accept. */
export function changesBetween<T extends object>(
  section: Section<T>,
  from: T,
  to: T,
  isSame: (a: unknown, b: unknown) => boolean,
): Changes<T> {
  const entries = keysIn(section)
    .filter((key) => !isSame(from[key], to[key]))
    .map((key) => [key, to[key] ?? null]);
  return Object.fromEntries(entries) as Changes<T>;
}
