/** Turns plain data with camelCase names, as the code has them, into JSON with snake_case names. */
import { isoTime } from '../domain/iso-time.js';

/** Fields that hold a time in milliseconds since 1970. Names of durations in milliseconds end in `Ms` instead. */
const TIME_FIELDS: ReadonlySet<string> = new Set([
  'at',
  'until',
  'since',
  'openedAt',
  'notAfter',
  'healthSince',
]);

/** Mappings with keys that the operator has chosen. Their keys and values stay as they are. */
const OPERATORS_MAPPINGS: ReadonlySet<string> = new Set(['headers']);

function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A copy of plain data: names in snake_case, times as ISO 8601 text. */
export function toJsonCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [snakeName(name), valueOf(name, inner)]),
  );
}

function valueOf(name: string, value: unknown): unknown {
  if (OPERATORS_MAPPINGS.has(name)) return value;
  return typeof value === 'number' && TIME_FIELDS.has(name) ? isoTime(value) : toJsonCase(value);
}

/** Like `toJsonCase`, for a value that is known to be an object. */
export function objectToJsonCase(value: object): Readonly<Record<string, unknown>> {
  const converted = toJsonCase(value);
  return typeof converted === 'object' && converted !== null ? { ...converted } : {};
}
