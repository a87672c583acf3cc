/** The schema of settings as the file and the API have them, made from their declaration in `shared/settings/`. */
import { z } from 'zod';
import { Expected, toggle, type Kind } from '#shared/settings/kind.js';
import type { Field, OrderRule, Section } from '#shared/settings/section.js';

/** Where a default is in force, and how the reference says it. */
interface Said {
  readonly means?: string;
  readonly defaultText?: string;
}

/** An object of settings by their names in the file. */
export function sectionSchema(section: Section<unknown>): z.ZodType<Readonly<Record<string, unknown>>> {
  return withRules(z.strictObject(sectionKeys(section)), section);
}

/** The keys of a section, for objects that have others beside them. */
export function sectionKeys(section: Section<unknown>): Readonly<Record<string, z.ZodType>> {
  const entries = Object.values(section.fields).map((field) => [field.name, fieldSchema(field)] as const);
  const elsewhere = Object.entries(section.elsewhere ?? {}).map(
    ([name, sentence]) => [name, refusal(sentence)] as const,
  );
  return Object.fromEntries([...entries, ...elsewhere]);
}

/** Of a key that may not be there. `not: {}` says so to editors. */
function refusal(sentence: string): z.ZodType {
  return z
    .unknown()
    .refine((given) => given === undefined, sentence)
    .optional()
    .meta({ description: sentence, not: {} });
}

function fieldSchema(field: Field): z.ZodType {
  switch (field.is) {
    case 'value': {
      const schema = kindSchema(field.kind, field);
      if (field.presence === 'default') return schema.prefault(field.default);
      return field.presence === 'required' ? schema : schema.optional();
    }
    case 'group': {
      const schema = sectionSchema(field.section);
      const present = field.presence === 'optional' ? schema.optional() : schema.prefault({});
      return present.meta({ description: field.means });
    }
    case 'switch': {
      const enabled = kindSchema(toggle, { means: field.enabledMeans }).prefault(true);
      const schema = withRules(z.strictObject({ enabled, ...sectionKeys(field.section) }), field.section);
      return (field.isOn ? schema.prefault({}) : schema.optional()).meta({ description: field.means });
    }
  }
}

/** A value that must be given, unless `.optional()` or `.prefault(…)` follows. */
export function kindSchema(kind: Kind<unknown>, { means, defaultText }: Said): z.ZodType {
  const about = {
    ...(means === undefined ? {} : { description: means }),
    ...(defaultText === undefined ? {} : { 'x-default': defaultText }),
    ...kind.json,
  };
  if (kind.elements !== undefined) {
    const { kind: element, min, expected, oneAlone } = kind.elements;
    const any = z.array(kindSchema(element, {}));
    const list = min === 0 ? any : any.min(min, expected);
    return (
      oneAlone ? z.preprocess((raw) => (Array.isArray(raw) || raw === undefined ? raw : [raw]), list) : list
    ).meta(about);
  }
  return z
    .unknown()
    .transform((raw, context) => {
      const value = raw === undefined ? new Expected('this setting is required') : kind.read(raw);
      if (!(value instanceof Expected)) return value;
      context.addIssue({ code: 'custom', message: value.message });
      return z.NEVER;
    })
    .meta(about);
}

/**
 * Order is checked even when a third setting is wrong, so that all problems show at once. A setting that was not valid is
 * in order with every other.
 */
function withRules<S extends z.ZodType>(schema: S, section: Section<unknown>): S {
  let ruled = schema;
  for (const rule of section.rules) {
    const [high, low] = [nameIn(section, rule.key), nameIn(section, rule.atLeast)];
    ruled = ruled.refine((given) => !isBelow(given, high, low), {
      ...saidOf(rule, high, low),
      when: ({ value }) => typeof value === 'object' && value !== null,
    });
  }
  return ruled;
}

function saidOf({ told = 'key' }: OrderRule, high: string, low: string): { path: string[]; message: string } {
  return told === 'key'
    ? { path: [high], message: `expected at least the ${low}` }
    : { path: [low], message: `expected at most the ${high}` };
}

function isBelow(given: unknown, high: string, low: string): boolean {
  const settings = given as Readonly<Record<string, unknown>>;
  const [a, b] = [settings[high], settings[low]];
  return typeof a === 'number' && typeof b === 'number' && a < b;
}

function nameIn(section: Section<unknown>, key: string): string {
  return section.fields[key]?.name ?? key;
}
