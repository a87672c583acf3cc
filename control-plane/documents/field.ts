/**
 * Declares a part of a document of the admin API, once. A field is a shape, by which the command line reads answers. It
 * also has a JSON Schema, by which requests are checked and from which `openapi.json` is made. `TypeOf` gives its
 * TypeScript type.
 *
 * The shape is made for answers: it ignores keys that it does not know. What the schema adds for requests (patterns,
 * bounds, numbers of keys) is checked only when a request comes in.
 */
import * as shapes from '#shared/shape.js';

declare const schemaOf: unique symbol;

type Keywords = Readonly<Record<string, unknown>>;

/** JSON Schema of `T`, in draft 2020-12 as OpenAPI 3.1 uses it. */
export interface JsonSchema<T = unknown> extends Keywords {
  /** Never set. It only ties the schema to its type. */
  readonly [schemaOf]?: T;
}

export interface Field<T> extends shapes.Shape<T> {
  readonly json: JsonSchema<T>;
}

/** A document with its own name in `openapi.json`. Other documents refer to it by that name. */
export interface NamedDocument<T> extends Field<T> {
  readonly name: string;
  readonly definition: JsonSchema<T>;
}

/** Longest text in an answer, in UTF-16 units. `MAX_LIST` is the most elements of a list. */
const MAX_TEXT = 1_048_576;
const MAX_LIST = 1_000_000;

function field<T>(shape: shapes.Shape<T>, json: Keywords, description?: string): Field<T> {
  return { ...shape, json: description === undefined ? json : { ...json, description } };
}

/** The same field with more keywords in its schema. */
export function withKeywords<T>(one: Field<T>, keywords: Keywords): Field<T> {
  return { ...one, json: { ...one.json, ...keywords } };
}

export function text(description?: string): Field<string> {
  return field(shapes.text(MAX_TEXT), { type: 'string' }, description);
}

export function matching(pattern: RegExp, description?: string): Field<string> {
  const shape = shapes.text(MAX_TEXT, pattern);
  return field(shape, { type: 'string', pattern: pattern.source }, description);
}

/** A time as ISO 8601 text in UTC. */
export function time(description?: string): Field<string> {
  return field(shapes.text(MAX_TEXT), { type: 'string', format: 'date-time' }, description);
}

export function count(description?: string): Field<number> {
  return integer(0, undefined, description);
}

export function integer(minimum: number, maximum?: number, description?: string): Field<number> {
  const bounds = maximum === undefined ? { minimum } : { minimum, maximum };
  return field(shapes.integer(minimum, maximum), { type: 'integer', ...bounds }, description);
}

export function flag(description?: string): Field<boolean> {
  return field(shapes.flag, { type: 'boolean' }, description);
}

/** One of these texts. Use it if newer releases will not add any. */
export function oneOf<const T extends string>(values: readonly T[], description?: string): Field<T> {
  return field(shapes.oneOf(...values), { type: 'string', enum: values }, description);
}

/** One of these texts. Use it if a newer release may add some: answers with unknown texts are accepted. */
export function word(values: readonly string[]): Field<string> {
  return withKeywords(text(), { enum: values });
}

/** Like `word`, with the list of texts under this name in `openapi.json` (`admin/route-schemas.ts`). */
export function wordOf(name: string): Field<string> {
  return field(shapes.text(MAX_TEXT), { $ref: `${name}#` });
}

/** An object with any keys. */
export function open(description?: string): Field<Readonly<Record<string, unknown>>> {
  return field(shapes.mapping, { type: 'object', additionalProperties: true }, description);
}

export function anything(description: string): Field<unknown> {
  return field(shapes.anything, { description });
}

export function nullable<T>(one: Field<T>, description?: string): Field<T | null> {
  const { json } = one;
  const byType = typeof json['type'] === 'string' && json['enum'] === undefined;
  return field<T | null>(
    shapes.nullable(one),
    byType ? { ...json, type: [json['type'], 'null'] } : { anyOf: [json, { type: 'null' }] },
    description,
  );
}

export function list<T>(items: Field<T>, description?: string): Field<readonly T[]> {
  return field(shapes.list(items, MAX_LIST), { type: 'array', items: items.json }, description);
}

type Fields<T extends object> = { readonly [K in keyof T]: Field<T[K]> };
type Both<R extends object, O extends object> = {
  readonly [K in keyof (R & Partial<O>)]: (R & Partial<O>)[K];
};

/** An object with these keys, and perhaps with those of `optional`. */
export function object<R extends object, O extends object = Record<never, never>>(
  required: Fields<R>,
  optional?: Fields<O>,
): Field<Both<R, O>> {
  const properties: readonly [string, Field<unknown>][] = Object.entries({ ...required, ...optional });
  return field(shapes.object(required, optional), {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(required),
    properties: Object.fromEntries(properties.map(([key, { json }]) => [key, json])),
  });
}

export function named<T>(name: string, one: Field<T>): NamedDocument<T> {
  return { ...one, name, definition: one.json, json: { $ref: `${name}#` } };
}
