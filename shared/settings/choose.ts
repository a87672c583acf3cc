/** Settings put together from several of the same section, one by one. */
import type { Section } from './section.js';

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
