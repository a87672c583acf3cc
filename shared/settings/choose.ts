/** Settings put together from several of the same section, one by one. */
import { isOptional, type Section } from './section.js';

/** Keys of the section, in the order of the reference. */
export function keysIn<T>(section: Section<T>): readonly (keyof T & string)[] {
  return Object.keys(section.fields) as (keyof T & string)[];
}

/** Each setting from where `from` says. What is absent there is absent. */
export function chosen<T extends object>(section: Section<T>, from: (key: keyof T & string) => T): T {
  const entries = keysIn(section).map((key) => [key, from(key)[key]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as T;
}

/** Only what the section declares. */
export function picked<T extends object>(section: Section<T>, settings: T): T {
  return chosen(section, () => settings);
}

/** Some settings of a section; `null` takes an optional one away. */
export type Changes<T> = {
  readonly [K in keyof T]?: T[K] | (Record<never, never> extends Pick<T, K> ? null : never);
};

/** `settings` with these changes. What is no setting of the section stays. */
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

/** What changes `from` into `to`, of the keys for which `isSame` does not hold. */
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
