/** Names in JSON are snake_case, names in the code camelCase. This turns plain data from the one into the other. */
import { isoTime } from '../domain/iso-time.js';

/** Fields that hold a time in milliseconds since 1970. All other numbers of milliseconds end in `Ms`. */
const TIME_FIELDS: ReadonlySet<string> = new Set([
  'at',
  'until',
  'since',
  'openedAt',
  'notAfter',
  'healthSince',
]);

/** Mappings whose names the operator has chosen: they say something by themselves, and stay as they are. */
const OPERATORS_MAPPINGS: ReadonlySet<string> = new Set(['headers']);

function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Plain data with all names in snake_case and times as text. */
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

/** As `toJsonCase`, for what is known to be an object. */
export function objectToJsonCase(value: object): Readonly<Record<string, unknown>> {
  const converted = toJsonCase(value);
  return typeof converted === 'object' && converted !== null ? { ...converted } : {};
}
