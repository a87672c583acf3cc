/** Data from outside, looked at for the first time. */

/** Whether it is a mapping of names to values: no list, not `null`. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
