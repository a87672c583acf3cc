/**
 * Makes text from other parties safe to print. The answer of an API may contain text from a backend or its certificate, and
 * a terminal obeys control characters. Line breaks stay.
 */

/** C0 except the line break, DEL and C1 (ECMA-48), and characters that change the direction of writing (Unicode UAX #9). */
const OBEYED = /[^\P{Cc}\n]|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function visibleText(text: string): string {
  return text.replace(OBEYED, '\ufffd');
}

/** Like `visibleText`, but always one line. Therefore text from other parties cannot begin a log line. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll('\n', '\ufffd');
}

/** `JSON.parse` with all strings made visible. Throws as `JSON.parse` does. */
export function parseVisible(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown) => (typeof value === 'string' ? visibleText(value) : value));
}
