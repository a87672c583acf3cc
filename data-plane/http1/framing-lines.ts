/**
 * The lines that say where a message ends, and where it goes, as they are sent on: in one spelling, whatever came. A parser that
 * compares `Chunked` with `chunked`, takes `010` for eight, or keeps a tab in front of a value would find another end, and the rest would be
 * a request of its own (RFC 9112 §11.2). Pure.
 */
import { COLON, CR, SPACE } from './wire/chars.js';
import {
  FIELD,
  firstLine,
  lineName,
  lineStart,
  lineValue,
  valueEnd,
  valueStart,
  type FieldTable,
} from './wire/fields.js';

export const CODING_LINE = 'Transfer-Encoding: chunked\r\n';
export const EXPECT_LINE = 'Expect: 100-continue\r\n';

export function lengthLine(bytes: number): string {
  return `Content-Length: ${bytes}\r\n`;
}

/** A head that was read, as far as this needs it. */
interface FramedHead {
  readonly text: string;
  readonly fields: FieldTable;
  readonly contentLength: number;
}

/** Whether there is no length, or one line of it that is already what is sent on. */
export function isLengthPlain({ text, fields, contentLength }: FramedHead): boolean {
  if ((fields.repeated & (1 << FIELD.contentLength)) !== 0) return false;
  const line = firstLine(fields, FIELD.contentLength);
  return line < 0 || text.startsWith(lengthLine(contentLength), lineStart(fields, line));
}

/** What stands in the place of a line that may stand once: `whole`, in the place of the first one. */
export function onlyLine(fields: FieldTable, line: number, whole: string): string {
  return fields.kinds.indexOf(fields.kinds[line] ?? FIELD.other) === line ? whole : '';
}

/** Whether a line has one space before its value, and nothing behind it. */
export function isSpacedPlainly(text: string, fields: FieldTable, line: number): boolean {
  const start = valueStart(fields, line);
  return (
    text.charCodeAt(start - 1) === SPACE &&
    text.charCodeAt(start - 2) === COLON &&
    text.charCodeAt(valueEnd(fields, line)) === CR
  );
}

/** The line with its name and value as they came, and one space between. */
export function spacedPlainly(text: string, fields: FieldTable, line: number): string {
  return `${lineName(fields, text, line)}: ${lineValue(fields, text, line)}\r\n`;
}
