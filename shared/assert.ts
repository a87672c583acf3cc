/** Bugs, not bad input: a failed assertion ends the process, and the supervisor starts a new one. */

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
