/**
 * Declarations of settings. A declaration states the name of a setting in the file, its kind, its default and its meaning.
 * Everything else is derived from it: the TypeScript type, reading and writing in the file and the API
 * (`control-plane/config`), the JSON Schema and the reference, the shape that is checked in the event log and between
 * processes, merging, drift, and the sentence of a change.
 */
import type { Kind } from './kind.js';

export interface About {
  readonly means: string;
  /** For a limit: what a peer gets beyond it. `data-plane/README.md` lists these. */
  readonly beyond?: string;
  /** Describes the default in words, if no value of the file expresses it. */
  readonly defaultText?: string;
}

/**
 * `derived`: a missing value follows from other settings. `optional`: absence is a value too. `null`: the same, held as
 * `null`.
 */
type Presence = 'required' | 'default' | 'derived' | 'optional' | 'null';

export interface ValueField<T, P extends Presence = Presence> extends About {
  readonly is: 'value';
  readonly name: string;
  readonly kind: Kind<T>;
  readonly presence: P;
  /** The default as the file would write it. */
  readonly default?: unknown;
}

/** Settings in a common group. An `optional` group is absent if none of its settings is given. */
export interface GroupField<T, P extends 'always' | 'optional' = 'always' | 'optional'> {
  readonly is: 'group';
  readonly name: string;
  readonly section: Section<T>;
  readonly presence: P;
  readonly means: string;
}

/** Settings that are off or on together. Off is `null`, and `enabled: false` in the file. */
interface SwitchField<T> {
  readonly is: 'switch';
  readonly name: string;
  readonly section: Section<T>;
  /** Whether it is on if the file does not contain it. */
  readonly isOn: boolean;
  readonly means: string;
  readonly enabledMeans: string;
}

export type Field<T = unknown> = ValueField<T> | GroupField<T> | SwitchField<T>;
export type Fields = Readonly<Record<string, Field>>;

/** What defaults may depend on, besides other settings of the same section. */
export interface Owner {
  /** Name of the pool that the settings belong to; empty if they belong to none. */
  readonly pool: string;
  /** Processor cores of this machine. */
  readonly cores: number;
}

/** `key` must be at least `atLeast`. */
export interface OrderRule {
  readonly key: string;
  readonly atLeast: string;
  /** The setting that the message names, if it is not `key`. */
  readonly told?: 'key' | 'atLeast';
}

/** Any other rule between settings of a section. */
export interface OwnRule {
  /** Names in the file that lead to the setting that the message names. */
  readonly at: readonly string[];
  /** `input` has the names of the file and includes defaults. An invalid setting may have any value in it. */
  readonly holds: (input: Readonly<Record<string, unknown>>) => boolean;
  /** What was expected. */
  readonly otherwise: string;
}

export type Rule = OrderRule | OwnRule;

/**
 * A second place for a setting that was moved into a group of the section. Files may still use it, and logs of older
 * releases do. A file that uses both places is refused.
 */
export interface SecondPlace {
  /** The name in the file. */
  readonly name: string;
  /** The key in logs of older releases. */
  readonly key: string;
  /**
   * Key of the group, and key of the setting in it. The setting is `derived`, so that the schema knows whether it was given.
   */
  readonly movedTo: readonly [group: string, key: string];
}

export interface Section<T> {
  readonly fields: Fields;
  readonly rules: readonly Rule[];
  readonly secondPlaces: readonly SecondPlace[];
  readonly derive: Readonly<Record<string, (settings: never, owner: Owner) => unknown>>;
  /** For a section with variants: the key that distinguishes them, and the keys of each variant. */
  readonly variants: {
    readonly key: string;
    readonly of: Readonly<Record<string, readonly string[]>>;
  } | null;
  /** Names that belong in another place, each with a sentence that says where. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** Never set. It ties the section to its type. */
  readonly holds?: T;
}

export type SettingsOf<S> = S extends Section<infer T> ? T : never;

type HeldBy<F> =
  F extends ValueField<infer T, infer P>
    ? T | ('null' extends P ? null : never)
    : F extends SwitchField<infer T>
      ? T | null
      : F extends GroupField<infer T>
        ? T
        : never;
type OptionalKey<F> = {
  [K in keyof F]: F[K] extends { readonly presence: infer P } ? ('optional' extends P ? K : never) : never;
}[keyof F];
type DerivedKey<F> = {
  [K in keyof F]: F[K] extends ValueField<unknown, infer P> ? ('derived' extends P ? K : never) : never;
}[keyof F];
type Flat<T> = { readonly [K in keyof T]: T[K] };
type TypeOf<F> = Flat<
  { readonly [K in Exclude<keyof F, OptionalKey<F>>]: HeldBy<F[K]> } & {
    readonly [K in OptionalKey<F>]?: HeldBy<F[K]>;
  }
>;
type Derivations<F> = {
  readonly [K in DerivedKey<F>]: (settings: TypeOf<F>, owner: Owner) => HeldBy<F[K]>;
};

export function required<T>(name: string, kind: Kind<T>, about: About): ValueField<T, 'required'> {
  return { is: 'value', name, kind, presence: 'required', ...about };
}

/** @param unlessGiven the default, written as in the file */
export function setting<T>(
  name: string,
  kind: Kind<T>,
  unlessGiven: unknown,
  about: About,
): ValueField<T, 'default'> {
  return { is: 'value', name, kind, presence: 'default', default: unlessGiven, ...about };
}

/** The section defines how a missing value follows from other settings. */
export function derived<T>(
  name: string,
  kind: Kind<T>,
  about: About & { readonly defaultText: string },
): ValueField<T, 'derived'> {
  return { is: 'value', name, kind, presence: 'derived', ...about };
}

export function optional<T>(name: string, kind: Kind<T>, about: About): ValueField<T, 'optional'> {
  return { is: 'value', name, kind, presence: 'optional', ...about };
}

export function orNull<T>(name: string, kind: Kind<T>, about: About): ValueField<T, 'null'> {
  return { is: 'value', name, kind, presence: 'null', ...about };
}

export function group<T>(name: string, section: Section<T>, means: string): GroupField<T, 'always'> {
  return { is: 'group', name, section, presence: 'always', means };
}

/** For a section with no defaults. */
export function optionalGroup<T>(
  name: string,
  section: Section<T>,
  means: string,
): GroupField<T, 'optional'> {
  return { is: 'group', name, section, presence: 'optional', means };
}

export function switched<T>(
  name: string,
  section: Section<T>,
  about: { readonly isOn: boolean; readonly means: string; readonly enabledMeans: string },
): SwitchField<T> {
  return { is: 'switch', name, section, ...about };
}

interface SectionOptions {
  readonly rules?: readonly Rule[];
  readonly secondPlaces?: readonly SecondPlace[];
}

export function section<const F extends Fields>(
  fields: F,
  ...rest: [DerivedKey<F>] extends [never]
    ? [options?: SectionOptions]
    : [options: SectionOptions & { readonly derive: Derivations<F> }]
): Section<TypeOf<F>> {
  const {
    rules = [],
    secondPlaces = [],
    derive = {},
  }: SectionOptions & Pick<Partial<Section<unknown>>, 'derive'> = rest[0] ?? {};
  return { fields, rules, secondPlaces, derive, variants: null };
}

/** The settings of both sections, those of `first` first. */
export function merged<A extends object, B extends object>(
  first: Section<A>,
  second: Section<B>,
): Section<Flat<A & B>> {
  return {
    fields: { ...first.fields, ...second.fields },
    rules: [...first.rules, ...second.rules],
    secondPlaces: [...first.secondPlaces, ...second.secondPlaces],
    derive: { ...first.derive, ...second.derive },
    variants: null,
  };
}

/** Some settings of a section, for those who need no others. The rules of the file stay with the whole section. */
export function part<T extends object, const K extends keyof T & string>(
  { fields }: Section<T>,
  keys: readonly K[],
): Section<Flat<Pick<T, K>>> {
  const chosen = Object.entries(fields).filter(([key]) => keys.some((one) => one === key));
  return { fields: Object.fromEntries(chosen), rules: [], secondPlaces: [], derive: {}, variants: null };
}

type VariantsOf<K extends string, V> = {
  [N in keyof V]: Flat<{ readonly [P in K]: N } & SettingsOf<V[N]>>;
}[keyof V];

/** Sections that the value under `tag.name` distinguishes. In the file, their settings are on one level. */
export function variants<K extends string, V extends Readonly<Record<string, Section<object>>>>(
  key: K,
  tag: ValueField<keyof V & string, 'default'>,
  cases: V,
): Section<VariantsOf<K, V>> {
  const sections = Object.values(cases);
  return {
    fields: Object.assign({ [key]: tag }, ...sections.map(({ fields }) => fields)),
    rules: sections.flatMap(({ rules }) => rules),
    secondPlaces: sections.flatMap(({ secondPlaces }) => secondPlaces),
    derive: Object.assign({}, ...sections.map(({ derive }) => derive)),
    variants: {
      key,
      of: Object.fromEntries(Object.entries(cases).map(([name, { fields }]) => [name, Object.keys(fields)])),
    },
  };
}

/** Whether the setting or group may be absent, which means that its key is missing. */
export function isOptional(field: Field | undefined): boolean {
  return field !== undefined && field.is !== 'switch' && field.presence === 'optional';
}
