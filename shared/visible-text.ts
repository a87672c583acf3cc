/**
 * Makes text from elsewhere safe to print: what an API answers may hold what a backend or its certificate said, and a
 * terminal obeys control characters. Line breaks stay.
 */

/** C0 but for the line break, DEL and C1 (ECMA-48), and what turns the direction of writing (Unicode UAX #9). */
const OBEYED = /[^\P{Cc}\n]|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function visibleText(text: string): string {
  return text.replace(OBEYED, '\ufffd');
}

/** As `visibleText`, on one line whatever the text holds: what others sent can begin no line of a log. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll('\n', '\ufffd');
}

/** `JSON.parse`, with all strings made visible. Throws as it does. */
export function parseVisible(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown) => (typeof value === 'string' ? visibleText(value) : value));
}
