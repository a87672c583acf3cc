/** Holds an answer against the schema that OpenAPI promises for it. Knows the keywords that the admin API uses. */
type Schema = Readonly<Record<string, unknown>>;

const KNOWN = new Set([
  '$ref',
  'type',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'anyOf',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'maxProperties',
  'title',
]);

/** Everything in which a value differs from its schema; empty when it conforms. */
export function schemaProblems(
  value: unknown,
  schema: Schema,
  components: Readonly<Record<string, Schema>>,
  path = '$',
): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !KNOWN.has(keyword));
  if (unknown.length > 0) return [`${path}: this checker does not know ${unknown.join(', ')}`];
  const ref = schema['$ref'];
  if (typeof ref === 'string') {
    const name = ref.replace('#/components/schemas/', '');
    const target = components[name];
    return target === undefined
      ? [`${path}: no schema ${ref}`]
      : schemaProblems(value, target, components, path);
  }
  const alternatives = schema['anyOf'] as readonly Schema[] | undefined;
  if (alternatives !== undefined) {
    const tried = alternatives.map((each) => schemaProblems(value, each, components, path));
    return tried.some((problems) => problems.length === 0) ? [] : tried.flat();
  }
  const types = [(schema['type'] ?? []) as string | readonly string[]].flat();
  if (types.length > 0 && !types.some((type) => typeOf(value, type) === type)) {
    return [`${path}: ${JSON.stringify(value)} is not ${types.join(' or ')}`];
  }
  if (typeof value === 'number' && value < Number(schema['minimum'] ?? -Infinity)) {
    return [`${path}: ${value} is less than ${String(schema['minimum'])}`];
  }
  if (typeof value === 'number' && value > Number(schema['maximum'] ?? Infinity)) {
    return [`${path}: ${value} is more than ${String(schema['maximum'])}`];
  }
  if (typeof value === 'string' && !new RegExp((schema['pattern'] ?? '') as string).test(value)) {
    return [`${path}: ${value} does not match ${String(schema['pattern'])}`];
  }
  const values = schema['enum'] as readonly unknown[] | undefined;
  if (values !== undefined && !values.includes(value)) {
    return [`${path}: ${String(value)} is not one of ${values.join()}`];
  }
  if (typeof value === 'string' && schema['format'] === 'date-time' && Number.isNaN(Date.parse(value))) {
    return [`${path}: no time`];
  }
  if (Array.isArray(value)) {
    const items = schema['items'] as Schema;
    return value.flatMap((each, index) => schemaProblems(each, items, components, `${path}[${index}]`));
  }
  if (typeof value === 'object' && value !== null) {
    const most = Number(schema['maxProperties'] ?? Infinity);
    if (Object.keys(value).length > most) return [`${path}: more than ${most} properties`];
  }
  return typeof value === 'object' && value !== null ? objectProblems(value, schema, components, path) : [];
}

function objectProblems(
  value: object,
  schema: Schema,
  components: Readonly<Record<string, Schema>>,
  path: string,
): string[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${path}: ${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const property = properties[name];
    if (property !== undefined) return schemaProblems(inner, property, components, `${path}.${name}`);
    return schema['additionalProperties'] === false ? [`${path}: ${name} is not in the schema`] : [];
  });
  return [...missing, ...wrong];
}

function typeOf(value: unknown, wanted: string): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (wanted === 'integer' && Number.isInteger(value)) return 'integer';
  return typeof value;
}
