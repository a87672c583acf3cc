/**
 * Shapes of data from outside. A shape checks whether an unknown value has the right form and, if not, says what is wrong
 * and where. A shape neither copies nor changes the value. It ignores unknown keys, so that a newer release may add some.
 * Never throws.
 */
import { isRecord } from './is-record.js';

/** Checks a value against `T`. `problem` returns `null`, or one sentence that begins with the path. */
export interface Shape<T> {
  readonly problem: (value: unknown, path: string) => string | null;
  /** Never set. It ties the shape to its type. */
  readonly shaped?: T;
}

type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/**
 * Checks `value` and returns it unchanged if it has the shape.
 * @param name begins the path in the problem
 */
export function decodeShape<T>(shape: Shape<T>, value: unknown, name: string): Decoded<T> {
  const problem = shape.problem(value, name);
  return problem === null ? { ok: true, value: value as T } : { ok: false, problem };
}

/** The type of values with the shape. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never;

type OptionalKey<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never;
}[keyof T];
type RequiredShapes<T> = { readonly [K in Exclude<keyof T, OptionalKey<T>>]: Shape<T[K]> };
type OptionalShapes<T> = { readonly [K in OptionalKey<T>]-?: Shape<Exclude<T[K], undefined>> };

/** An object with these keys. The type `T` ensures that the keys are complete. */
export function record<T extends object>(
  required: RequiredShapes<T>,
  ...rest: [OptionalKey<T>] extends [never] ? [] : [optional: OptionalShapes<T>]
): Shape<T> {
  return keyed(Object.entries(required), Object.entries(rest[0] ?? {}));
}

/** An object that has both shapes. */
export function both<A extends object, B extends object>(first: Shape<A>, second: Shape<B>): Shape<A & B> {
  return { problem: (value, path) => first.problem(value, path) ?? second.problem(value, path) };
}

type Entries = readonly (readonly [key: string, shape: Shape<unknown>])[];

function keyed(needed: Entries, allowed: Entries): Shape<never> {
  return {
    problem: (value, path) => {
      if (!isRecord(value)) return `${path}: expected an object`;
      for (const [key, shape] of needed) {
        const problem = Object.hasOwn(value, key)
          ? shape.problem(value[key], `${path}.${key}`)
          : `${path}.${key}: is missing`;
        if (problem !== null) return problem;
      }
      for (const [key, shape] of allowed) {
        const problem = Object.hasOwn(value, key) ? shape.problem(value[key], `${path}.${key}`) : null;
        if (problem !== null) return problem;
      }
      return null;
    },
  };
}

/**
 * An object with these keys. Its type follows from them. For an existing type use `record`, which checks the keys against
 * the type.
 */
export function object<R extends object, O extends object = Record<never, never>>(
  required: { readonly [K in keyof R]: Shape<R[K]> },
  optional?: { readonly [K in keyof O]: Shape<O[K]> },
): Shape<{ readonly [K in keyof (R & Partial<O>)]: (R & Partial<O>)[K] }> {
  return keyed(Object.entries(required), Object.entries(optional ?? {}));
}

/** A union with members that differ in the text under `key`. Its type follows from the cases. */
export function tagged<K extends string, C extends object>(
  key: K,
  cases: { readonly [V in keyof C]: Shape<C[V]> },
): Shape<
  {
    [V in keyof C]: {
      readonly [P in keyof ({ readonly [Q in K]: V } & C[V])]: ({ readonly [Q in K]: V } & C[V])[P];
    };
  }[keyof C]
> {
  return cased(key, Object.entries(cases));
}

/** A union with members that differ in the text under `key`. The type `T` ensures that the cases are complete. */
export function variants<K extends string, T extends { readonly [P in K]: string }>(
  key: K,
  cases: { readonly [V in T[K]]: Shape<T & { readonly [P in K]: V }> },
): Shape<T> {
  return cased(key, Object.entries(cases));
}

function cased(key: string, cases: Entries): Shape<never> {
  const byTag = new Map<unknown, Shape<unknown>>(cases);
  return {
    problem: (value, path) => {
      if (!isRecord(value)) return `${path}: expected an object`;
      const shape = Object.hasOwn(value, key) ? byTag.get(value[key]) : undefined;
      return shape === undefined
        ? `${path}.${key}: expected one of ${[...byTag.keys()].join(', ')}`
        : shape.problem(value, path);
    },
  };
}

/** An array of at most `max` elements. */
export function list<T>(element: Shape<T>, max: number): Shape<readonly T[]> {
  return {
    problem: (value, path) => {
      if (!Array.isArray(value)) return `${path}: expected a list`;
      if (value.length > max) return `${path}: expected at most ${max} elements`;
      for (let index = 0; index < value.length; index++) {
        const problem = element.problem(value[index], `${path}[${index}]`);
        if (problem !== null) return problem;
      }
      return null;
    },
  };
}

/** An array of two elements, such as an entry of a map. */
export function pair<A, B>(first: Shape<A>, second: Shape<B>): Shape<readonly [A, B]> {
  return {
    problem: (value, path) =>
      Array.isArray(value) && value.length === 2
        ? (first.problem(value[0], `${path}[0]`) ?? second.problem(value[1], `${path}[1]`))
        : `${path}: expected a list of two`,
  };
}

/** An object with some of `keys`. All values have the same shape. */
export function partialRecord<K extends string, T>(
  keys: readonly K[],
  element: Shape<T>,
): Shape<Readonly<Partial<Record<K, T>>>> {
  const known: ReadonlySet<string> = new Set(keys);
  return {
    problem: (value, path) => {
      if (!isRecord(value)) return `${path}: expected an object`;
      for (const key of Object.keys(value)) {
        const problem = known.has(key)
          ? element.problem(value[key], `${path}.${key}`)
          : `${path}: expected only keys out of ${keys.join(', ')}`;
        if (problem !== null) return problem;
      }
      return null;
    },
  };
}

/** Text of at most `max` UTF-16 units that matches `pattern`, if there is one. */
export function text<T extends string = string>(max: number, pattern?: RegExp): Shape<T> {
  return {
    problem: (value, path) => {
      if (typeof value !== 'string') return `${path}: expected a text`;
      if (value.length > max) return `${path}: expected at most ${max} characters`;
      return pattern === undefined || pattern.test(value) ? null : `${path}: is not of the expected form`;
    },
  };
}

/** One of these texts. */
export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  const known: ReadonlySet<unknown> = new Set(values);
  return {
    problem: (value, path) =>
      known.has(value)
        ? null
        : `${path}: expected ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`,
  };
}

/** A whole number, `min` to `max` inclusive. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return {
    problem: (value, path) =>
      Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
        ? null
        : `${path}: expected a whole number, ${min} to ${max}`,
  };
}

/** A finite number, `min` to `max` inclusive. */
export function finite(min: number, max: number): Shape<number> {
  return {
    problem: (value, path) =>
      typeof value === 'number' && value >= min && value <= max && Number.isFinite(value)
        ? null
        : `${path}: expected a number, ${min} to ${max}`,
  };
}

/** A byte array (also a Buffer) of `min` to `max` bytes. */
export function bytes(min: number, max: number): Shape<Uint8Array> {
  return {
    problem: (value, path) =>
      tagOf(value) === '[object Uint8Array]' && within(value, min, max)
        ? null
        : `${path}: expected ${min} to ${max} bytes`,
  };
}

/** A Float64Array of at most `max` numbers. */
export function doubles(max: number): Shape<Float64Array> {
  return {
    problem: (value, path) =>
      tagOf(value) === '[object Float64Array]' && within(value, 0, max)
        ? null
        : `${path}: expected a Float64Array of at most ${max} numbers`,
  };
}

export const flag: Shape<boolean> = {
  problem: (value, path) => (typeof value === 'boolean' ? null : `${path}: expected true or false`),
};

/** An object with any content. */
export const mapping: Shape<Readonly<Record<string, unknown>>> = {
  problem: (value, path) => (isRecord(value) ? null : `${path}: expected an object`),
};

export const anything: Shape<unknown> = { problem: () => null };

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { problem: (value, path) => (value === null ? null : shape.problem(value, path)) };
}

/** Adds a condition to a shape, for rules that concern several keys. `holds` is only called if the value has the shape. */
export function where<T>(shape: Shape<T>, holds: (value: T) => boolean, otherwise: string): Shape<T> {
  return {
    problem: (value, path) =>
      shape.problem(value, path) ?? (holds(value as T) ? null : `${path}: ${otherwise}`),
  };
}

function within(value: unknown, min: number, max: number): boolean {
  const { length } = value as { readonly length: number };
  return length >= min && length <= max;
}

/** Recognises typed arrays by their tag, because `instanceof` fails for arrays from another realm. */
function tagOf(value: unknown): string {
  return ArrayBuffer.isView(value) ? Object.prototype.toString.call(value) : '';
}
