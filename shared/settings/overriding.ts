/**
 * Settings over those of another place: some of the settings of a section, of which each may be given and none has a
 * default. They are made from the very declaration of that section, so what a setting means and may be stands once.
 */
import { assert } from '../assert.js';
import type { Fields, Section } from './section.js';

interface OverridingOptions<T, K extends keyof T> {
  readonly keys: readonly K[];
  /** For the others: where such a setting belongs, in one sentence. */
  readonly elsewhere: { readonly [P in Exclude<keyof T, K>]-?: string };
  /** What holds where nothing is given. */
  readonly defaultText: string;
}

export function overriding<T, K extends keyof T & string>(
  section: Section<T>,
  { keys, elsewhere, defaultText }: OverridingOptions<T, K>,
): Section<Partial<Pick<T, K>>> {
  // A rule would have to hold for what comes of both places, which no place sees alone.
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

/** The settings with what stands over them, setting by setting; the very same where nothing does. */
export function overridden<T extends object>(settings: T, over: NoInfer<Partial<T>> | undefined): T {
  return over === undefined ? settings : { ...settings, ...over };
}
