/** Whether two settings say the same. For plain data only: numbers, texts, booleans, `null`, lists and records of them. */

export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const entries = Object.entries(a);
  const others = new Map<string, unknown>(Object.entries(b));
  if (entries.length !== others.size) return false;
  return entries.every(([key, value]) => others.has(key) && sameValue(value, others.get(key)));
}
