/**
 * Builds the head that is sent on from the head that came: the lines that are not edited are copied in as few pieces as there
 * are gaps between edits, whatever their number. Which lines to drop, replace and add is decided by the engine's rules.
 */
import { lineStart, type FieldTable } from './fields.js';

/** Edits to one head, used again for the next. */
export interface HeadEdits {
  count: number;
  /** Numbers of the edited lines, ascending. */
  readonly lines: Int32Array;
  /** What stands there instead: whole lines with their CRLF, or '' for none. */
  readonly texts: string[];
  /** Lines added at the end, each with its CRLF. */
  appended: string;
}

/** `capacity`: the most lines that a head may have. */
export function createHeadEdits(capacity: number): HeadEdits {
  return { count: 0, lines: new Int32Array(capacity), texts: [], appended: '' };
}

export function beginEdits(edits: HeadEdits): void {
  edits.count = 0;
  edits.appended = '';
}

/** Replaces a line by `text` (with CRLF), or drops it where `text` is ''. Lines are edited in ascending order, each once. */
export function editLine(edits: HeadEdits, line: number, text: string): void {
  edits.lines[edits.count] = line;
  edits.texts[edits.count] = text;
  edits.count++;
}

/** A parsed head, as far as building needs it. */
export interface HeadText {
  readonly text: string;
  readonly fields: FieldTable;
  /** Where the first header line begins. */
  readonly fieldsStart: number;
}

/**
 * The head to be sent, as latin1 with its empty line. `startLine` (with CRLF) takes the place of the start line; a number
 * is where the start line begins in the text, to send it as it came.
 */
export function buildHead(head: HeadText, edits: HeadEdits, startLine: string | number): string {
  const { text, fields } = head;
  const end = text.length - 2;
  let built = '';
  let position = head.fieldsStart;
  if (typeof startLine === 'string') built = startLine;
  else position = startLine;
  for (let i = 0; i < edits.count; i++) {
    const line = edits.lines[i] as number;
    const begin = lineStart(fields, line);
    if (begin > position) built += text.slice(position, begin);
    built += edits.texts[i] as string;
    position = line + 1 < fields.count ? lineStart(fields, line + 1) : end;
  }
  if (edits.appended === '') return built + text.slice(position);
  return `${built}${text.slice(position, end)}${edits.appended}\r\n`;
}
