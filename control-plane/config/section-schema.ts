/** Makes the schema of settings, for the file and the API, from their declaration in `shared/settings/`. */
import { z } from 'zod';
import { Expected, toggle, tooMany, type Kind } from '#shared/settings/kind.js';
import { movedTo } from '#shared/settings/second-place.js';
import type { Field, OrderRule, OwnRule, SecondPlace, Section } from '#shared/settings/section.js';
import { patternProblem } from './text-pattern.js';

type Named = Readonly<Record<string, unknown>>;

/** What the reference says about a setting: its meaning, and its default if that is not a fixed value. */
interface Said {
  readonly means?: string;
  readonly defaultText?: string;
}

/** An object of settings by their names in the file. */
export function sectionSchema(section: Section<unknown>): z.ZodType<Readonly<Record<string, unknown>>> {
  return withRules(z.strictObject(sectionKeys(section)), section);
}

/** The keys of a section, for an object that has other keys beside them. */
export function sectionKeys(section: Section<unknown>): Readonly<Record<string, z.ZodType>> {
  const entries = Object.values(section.fields).map((field) => [field.name, fieldSchema(field)] as const);
  const elsewhere = Object.entries(section.elsewhere ?? {}).map(
    ([name, sentence]) => [name, refusal(sentence)] as const,
  );
  const second = section.secondPlaces.map(
    (place) => [place.name, secondPlaceSchema(section, place)] as const,
  );
  return Object.fromEntries([...entries, ...second, ...elsewhere]);
}

/** The schema of a key that is declared only to be refused. `not: {}` tells editors so. */
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

function secondPlaceSchema(section: Section<unknown>, second: SecondPlace): z.ZodType {
  const { group, field } = movedTo(section, second);
  const place = `\`${group.name}.${field.name}\``;
  const means = `Means ${place}, which says it in its place: a file has one of both.`;
  return kindSchema(field.kind, { means, defaultText: place }).optional();
}

/** A required value, unless `.optional()` or `.prefault(…)` follows. */
export function kindSchema(kind: Kind<unknown>, { means, defaultText }: Said): z.ZodType {
  const about = {
    ...(means === undefined ? {} : { description: means }),
    ...(defaultText === undefined ? {} : { 'x-default': defaultText }),
    ...kind.json,
  };
  if (kind.elements !== undefined) {
    const { kind: element, min, max, expected, oneAlone } = kind.elements;
    const any = z.array(kindSchema(element, {})).max(max, tooMany(max));
    const list = min === 0 ? any : any.min(min, expected);
    return (
      oneAlone ? z.preprocess((raw) => (Array.isArray(raw) || raw === undefined ? raw : [raw]), list) : list
    ).meta(about);
  }
  return z
    .unknown()
    .transform((raw, context) => {
      const value = raw === undefined ? new Expected('this setting is required') : readBy(kind, raw);
      if (!(value instanceof Expected)) return value;
      for (const [key, message] of value.ofKeys) context.addIssue({ code: 'custom', message, path: [key] });
      if (value.ofKeys.size === 0) context.addIssue({ code: 'custom', message: value.message });
      return z.NEVER;
    })
    .meta(about);
}

function readBy(kind: Kind<unknown>, raw: unknown): unknown {
  const value = kind.read(raw);
  const problem = kind.mayBePattern === true && typeof value === 'string' ? patternProblem(value) : null;
  return problem === null ? value : new Expected(problem);
}

/**
 * Adds the rules of a section. They are checked even if another setting is wrong, so that all problems show at once. A
 * setting that is itself invalid breaks no rule.
 */
function withRules<S extends z.ZodType>(schema: S, section: Section<unknown>): S {
  const rules = [
    ...section.rules.map((rule) => ('at' in rule ? rule : orderRule(section, rule))),
    ...section.secondPlaces.map((second) => onePlaceRule(section, second)),
  ];
  return rules.reduce(
    (ruled, { at, holds, otherwise }) =>
      ruled.refine((given) => holds(given as Named), {
        path: [...at],
        message: otherwise,
        when: ({ value }) => typeof value === 'object' && value !== null,
      }),
    schema,
  );
}

function orderRule(section: Section<unknown>, { key, atLeast, told = 'key' }: OrderRule): OwnRule {
  const [high, low] = [nameIn(section, key), nameIn(section, atLeast)];
  const holds = ({ [high]: a, [low]: b }: Named): boolean =>
    typeof a !== 'number' || typeof b !== 'number' || a >= b;
  return told === 'key'
    ? { at: [high], holds, otherwise: `expected at least the ${low}` }
    : { at: [low], holds, otherwise: `expected at most the ${high}` };
}

function onePlaceRule(section: Section<unknown>, second: SecondPlace): OwnRule {
  const { group, field } = movedTo(section, second);
  const place = `${group.name}.${field.name}`;
  return {
    at: [second.name],
    holds: ({ [second.name]: here, [group.name]: there }) =>
      here === undefined || (there as Named | undefined)?.[field.name] === undefined,
    otherwise: `expected one of ${second.name} and ${place}, not both: they mean the same`,
  };
}

function nameIn(section: Section<unknown>, key: string): string {
  return section.fields[key]?.name ?? key;
}
