/** Heads that node has read, as text again. One character is one byte (latin1). */

/** @param raw as node gives fields: name, value, name, value… */
export function headText(startLine: string, raw: readonly string[]): string {
  return `${startLine}\r\n${fieldLines(raw)}\r\n`;
}

export function fieldLines(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < raw.length; i += 2) lines += `${raw[i] ?? ''}: ${raw[i + 1] ?? ''}\r\n`;
  return lines;
}
