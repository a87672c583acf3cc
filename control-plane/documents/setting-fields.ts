/** Makes the fields of requests and answers from the declarations of settings, which know bounds and meanings. */
import { VARIABLE, type Kind } from '#shared/settings/kind.js';
import type { Field as SettingField, Section } from '#shared/settings/section.js';
import { anything as anyShape, mapping, nullable } from '#shared/shape.js';
import type { Field, JsonSchema } from './field.js';

type SettingFields = Readonly<Record<string, Field<unknown>>>;

/**
 * One field for each setting of a section, by its name in the file. `null` means that the setting has no value; in a
 * request it takes the value away.
 */
export function settingFields(section: Section<unknown>): SettingFields {
  return Object.fromEntries(Object.values(section.fields).map((field) => [field.name, fieldOf(field)]));
}

function fieldOf(field: SettingField): Field<unknown> {
  const isOptional = field.is !== 'switch' && (field.presence === 'optional' || field.presence === 'null');
  const json = isOptional ? orNull(jsonOf(field)) : jsonOf(field);
  if (field.is === 'value') return { ...anyShape, json };
  return { ...(isOptional ? nullable(mapping) : mapping), json };
}

function jsonOf(field: SettingField): JsonSchema {
  const description = field.means;
  switch (field.is) {
    case 'value':
      return { ...valueJson(field.kind), description };
    case 'group':
      return { ...sectionJson(field.section), description };
    case 'switch': {
      const { properties, ...rest } = sectionJson(field.section);
      const enabled = { type: 'boolean', description: field.enabledMeans };
      return { ...rest, properties: { enabled, ...properties }, description };
    }
  }
}

function sectionJson(section: Section<unknown>): {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchema>>;
} {
  const properties = Object.fromEntries(
    Object.values(section.fields).map((field) => [field.name, jsonOf(field)]),
  );
  return { type: 'object', properties };
}

/** The schema of a value in JSON: without variables, and without the keywords that only the reference reads. */
function valueJson({ json, elements }: Kind<unknown>): JsonSchema {
  if (elements !== undefined) return { type: 'array', items: valueJson(elements.kind) };
  const { anyOf, ...keywords } = json;
  const plain = Object.fromEntries(Object.entries(keywords).filter(([name]) => !name.startsWith('x-')));
  const forms = Array.isArray(anyOf) ? anyOf.filter((form) => form !== VARIABLE) : [];
  return forms.length === 1
    ? { ...plain, ...forms[0] }
    : forms.length === 0
      ? plain
      : { ...plain, anyOf: forms };
}

function orNull(json: JsonSchema): JsonSchema {
  const { description, ...form } = json;
  return typeof form['type'] === 'string'
    ? { ...json, type: [form['type'], 'null'] }
    : { anyOf: [form, { type: 'null' }], description };
}
