/** Checks for bugs, not for bad input. A failed assertion throws. */

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
