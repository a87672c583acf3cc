/** Derives the shape of settings in the event log and between processes from their declaration. */
import { nullable, oneOf, record, variants, type Shape } from '../shape.js';
import type { Changes } from './choose.js';
import { movedTo } from './second-place.js';
import { isOptional, type Field, type Section } from './section.js';

/** With `stored`, settings that an older release did not write may be missing; `completed` fills them in. */
export type Strictness = 'whole' | 'stored';

export function shapeOf<T>(section: Section<T>, strictness: Strictness = 'whole'): Shape<T> {
  const { variants: cases } = section;
  if (cases === null) return keysShape(section, Object.keys(section.fields), {}, strictness);
  return variants<string, Readonly<Record<string, string>>>(
    cases.key,
    Object.fromEntries(
      Object.entries(cases.of).map(([name, keys]) => [
        name,
        keysShape<Readonly<Record<string, string>>>(section, keys, { [cases.key]: oneOf(name) }, strictness),
      ]),
    ),
  ) as Shape<unknown> as Shape<T>;
}

/** The shape of changes of a section; `null` removes a setting. */
export function changesShape<T>(section: Section<T>): Shape<Changes<T>> {
  const fields = Object.entries(section.fields);
  return record<Record<string, unknown>>(
    {},
    Object.fromEntries(
      fields.map(([key, field]) => {
        const shape = fieldShape(field, 'whole');
        return [key, isOptional(field) ? nullable(shape) : shape];
      }),
    ),
  ) as Shape<unknown> as Shape<Changes<T>>;
}

function keysShape<T>(
  section: Section<unknown>,
  keys: readonly string[],
  extra: Readonly<Record<string, Shape<unknown>>>,
  strictness: Strictness,
): Shape<T> {
  const needed: Record<string, Shape<unknown>> = { ...extra };
  const allowed: Record<string, Shape<unknown>> = {};
  for (const key of keys) {
    const field = section.fields[key];
    if (field === undefined) continue;
    const mayLack = strictness === 'stored' ? !isRequired(field) : isOptional(field);
    (mayLack ? allowed : needed)[key] = fieldShape(field, strictness);
  }
  if (strictness === 'stored') {
    for (const second of section.secondPlaces) {
      allowed[second.key] = movedTo(section, second).field.kind.shape;
    }
  }
  return record<Record<string, unknown>>(needed, allowed) as Shape<unknown> as Shape<T>;
}

function fieldShape(field: Field, strictness: Strictness): Shape<unknown> {
  switch (field.is) {
    case 'value':
      return field.presence === 'null' ? nullable(field.kind.shape) : field.kind.shape;
    case 'group':
      return shapeOf(field.section, strictness);
    case 'switch':
      return nullable(shapeOf(field.section, strictness));
  }
}

function isRequired(field: Field): boolean {
  return field.is === 'value' && field.presence === 'required';
}
