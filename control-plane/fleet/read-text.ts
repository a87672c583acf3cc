/** Reads what other hosts left in the store, which is untrusted: bounded in length, then as JSON, then by its shape. Pure. */
import { decodeShape, type Shape } from '#shared/shape.js';
import type { Readable } from './fleet-codec.js';

/** @param maxLength in characters; `name`: of the whole, for the problem */
export function readText<T>(
  shape: Shape<T>,
  text: string,
  { name, maxLength }: { readonly name: string; readonly maxLength: number },
): Readable<T> {
  if (text.length > maxLength) {
    return { ok: false, problem: `${name}: has ${text.length} characters, more than ${maxLength}` };
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { ok: false, problem: `${name}: is not JSON` };
  }
  return decodeShape(shape, parsed, name);
}
