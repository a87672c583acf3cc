/**
 * Settings that override those of another place: some settings of a section, each optional and without a default. They are
 * derived from the declaration of that section, so the meaning and bounds of a setting are stated once.
 */
import { assert } from '../assert.js';
import type { Fields, Section } from './section.js';

interface OverridingOptions<T, K extends keyof T> {
  readonly keys: readonly K[];
  /** For each other setting, one sentence that says where it belongs. */
  readonly elsewhere: { readonly [P in Exclude<keyof T, K>]-?: string };
  /** Describes the value that applies if the setting is absent. */
  readonly defaultText: string;
}

export function overriding<T, K extends keyof T & string>(
  section: Section<T>,
  { keys, elsewhere, defaultText }: OverridingOptions<T, K>,
): Section<Partial<Pick<T, K>>> {
  // A rule would concern the combination of both places, and neither place sees the combination.
  assert(
    section.rules.length === 0 && section.secondPlaces.length === 0 && section.variants === null,
    'each setting stands by itself',
  );
  const fields: Fields = Object.fromEntries(
    keys.map((key) => {
      const field = section.fields[key];
      assert(field?.is === 'value', `${key} is a single setting`);
      const { default: _default, ...rest } = field;
      return [key, { ...rest, presence: 'optional', defaultText }];
    }),
  );
  const refused = Object.entries<string>(elsewhere).map(([key, sentence]) => [
    section.fields[key]?.name ?? key,
    sentence,
  ]);
  return {
    fields,
    rules: [],
    secondPlaces: [],
    derive: {},
    variants: null,
    elsewhere: Object.fromEntries(refused),
  };
}

/** Applies the overriding settings one by one. Returns `settings` itself if there are none. */
export function overridden<T extends object>(settings: T, over: NoInfer<Partial<T>> | undefined): T {
  return over === undefined ? settings : { ...settings, ...over };
}
