/**
 * The header lines of a head: finds where each name and value begins and ends, recognises the names that forwarding
 * depends on, and refuses every line that is not plainly `name: value CRLF`. What the values mean is read elsewhere.
 * Nothing is allocated per line: positions go to one table that is used again for the next head.
 */
import { COLON, CR, FIELD_VALUE, LF, SPACE, TAB, TOKEN, TOKEN_UNDERSCORE, isBlank } from './chars.js';
import type { RefusalReason } from './refusal.js';

/** Kinds of fields: those that forwarding must know, and `other`. Below 32, so that a set of them fits in one number. */
export const FIELD = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  upgrade: 5,
  expect: 6,
  te: 7,
  trailer: 8,
  keepAlive: 9,
  proxyConnection: 10,
  proxyAuthenticate: 11,
  proxyAuthorization: 12,
  http2Settings: 13,
  cookie: 14,
  setCookie: 15,
  xForwardedFor: 16,
  xForwardedProto: 17,
  xForwardedHost: 18,
  /** Any other name that begins with `x-forwarded-`. */
  xForwardedOther: 19,
  forwarded: 20,
  xRealIp: 21,
  xRequestId: 22,
  maxForwards: 23,
  date: 24,
} as const;

export type FieldKind = (typeof FIELD)[keyof typeof FIELD];

/** The name of each kind, lower-case, by number. No two have the same length and first letter: `CANDIDATES` relies on it. */
const NAMES: readonly string[] = [
  '',
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'http2-settings',
  'cookie',
  'set-cookie',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-',
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'max-forwards',
  'date',
];
const FAMILY_LENGTH = 'x-forwarded-'.length;
const LONGEST_NAME = 31;
const NAME_ROW = LONGEST_NAME + 1;
/** The letters of all names, one row each. */
const NAME_BYTES = new Uint8Array(NAMES.length * NAME_ROW);
/** The only kind that a name of this length and first letter can be. */
const CANDIDATES = new Uint8Array(NAME_ROW * 32);
NAMES.forEach((name, kind) => {
  for (let i = 0; i < name.length; i++) NAME_BYTES[kind * NAME_ROW + i] = name.charCodeAt(i);
  CANDIDATES[candidateIndex(name.length, name.charCodeAt(0))] = kind;
});

/** Longest field name, in bytes. None of the registered ones has more than 40; longer ones have broken parsers (CVE-2021-40346). */
export const FIELD_NAME_BYTES = 255;

export interface FieldTable {
  readonly capacity: number;
  count: number;
  /** Four numbers per line, from the start of the head: name start and end, value start and end. */
  readonly bounds: Int32Array;
  /** `FieldKind` of each line. */
  readonly kinds: Uint8Array;
  /** 1: the name has an underscore, which some backends take for a hyphen. */
  readonly underscored: Uint8Array;
  /** Whether any name has one. */
  anyUnderscore: boolean;
  /** One bit per kind (`1 << kind`) that stands in the head at least once. */
  present: number;
  /** One bit per kind that stands there more than once. */
  repeated: number;
}

export function createFieldTable(capacity: number): FieldTable {
  return {
    capacity,
    count: 0,
    bounds: new Int32Array(capacity * 4),
    kinds: new Uint8Array(capacity),
    underscored: new Uint8Array(capacity),
    anyUnderscore: false,
    present: 0,
    repeated: 0,
  };
}

/**
 * Reads the header lines from `start`, the byte after the start line, to the empty line; positions are counted from
 * `origin`. The last byte of the head must be LF: it stops every loop. `null`: read, and the table is filled.
 */
export function scanFields(
  table: FieldTable,
  bytes: Uint8Array,
  origin: number,
  start: number,
): RefusalReason | null {
  const { bounds, kinds, underscored, capacity } = table;
  const token = TOKEN;
  const fieldValue = FIELD_VALUE;
  let position = start;
  let count = 0;
  let present = 0;
  let repeated = 0;
  let anyUnderscore = 0;
  table.count = 0;
  for (;;) {
    const nameStart = position;
    let byte = bytes[position] as number;
    let classes = 0;
    let tokenClass = token[byte] as number;
    while (tokenClass > 0) {
      classes |= tokenClass;
      byte = bytes[++position] as number;
      tokenClass = token[byte] as number;
    }
    if (byte !== COLON || position === nameStart) {
      const ends = byte === CR && bytes[position + 1] === LF;
      if (!ends || position !== nameStart) return brokenName(byte, position === nameStart, ends);
      break;
    }
    if (count === capacity) return 'too_many_fields';
    const nameEnd = position;
    byte = bytes[++position] as number;
    while (byte === SPACE || byte === TAB) byte = bytes[++position] as number;
    const valueStart = position;
    while (fieldValue[byte] === 1) byte = bytes[++position] as number;
    if (byte !== CR || bytes[position + 1] !== LF) return brokenValue(byte);
    let valueEnd = position;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd--;
    if (nameEnd - nameStart > FIELD_NAME_BYTES) return 'field_name_too_long';
    const row = count * 4;
    bounds[row] = nameStart - origin;
    bounds[row + 1] = nameEnd - origin;
    bounds[row + 2] = valueStart - origin;
    bounds[row + 3] = valueEnd - origin;
    const kind = fieldKind(bytes, nameStart, nameEnd - nameStart);
    kinds[count] = kind;
    underscored[count] = classes >> 1;
    anyUnderscore |= classes & TOKEN_UNDERSCORE;
    repeated |= present & (1 << kind);
    present |= 1 << kind;
    count++;
    position += 2;
  }
  table.count = count;
  table.present = present;
  table.repeated = repeated;
  table.anyUnderscore = anyUnderscore !== 0;
  return null;
}

/** What a field name of `length` token characters at `start` means, in any case. */
export function fieldKind(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] as number;
  const kind = length > LONGEST_NAME ? FIELD.other : (CANDIDATES[candidateIndex(length, first)] as number);
  if (kind !== FIELD.other && spellsKind(bytes, start, kind, length)) return kind;
  if ((first | 0x20) === 0x78 && length > FAMILY_LENGTH) {
    if (spellsKind(bytes, start, FIELD.xForwardedOther, FAMILY_LENGTH)) return FIELD.xForwardedOther;
  }
  return FIELD.other;
}

/** The first line of this kind, or -1. */
export function firstLine(table: FieldTable, kind: FieldKind): number {
  if ((table.present & (1 << kind)) === 0) return -1;
  let line = 0;
  while (table.kinds[line] !== kind) line++;
  return line;
}

/** Where the value of a line begins, without white space. */
export function valueStart(table: FieldTable, line: number): number {
  return table.bounds[line * 4 + 2] as number;
}

/** Where the value of a line ends, without white space. */
export function valueEnd(table: FieldTable, line: number): number {
  return table.bounds[line * 4 + 3] as number;
}

/** Where a line begins: its name. It ends after the CRLF, where the next line or the empty line begins. */
export function lineStart(table: FieldTable, line: number): number {
  return table.bounds[line * 4] as number;
}

/** The value of a line, as sent, without the white space around it. `text` is the head. */
export function lineValue(table: FieldTable, text: string, line: number): string {
  return text.slice(valueStart(table, line), valueEnd(table, line));
}

/** The name of a line, as sent. */
export function lineName(table: FieldTable, text: string, line: number): string {
  return text.slice(lineStart(table, line), table.bounds[line * 4 + 1]);
}

function brokenName(byte: number, atLineStart: boolean, lineEnds: boolean): RefusalReason {
  if (atLineStart && isBlank(byte)) return 'obs_fold';
  return !lineEnds && (byte === CR || byte === LF) ? 'line_end' : 'field_name';
}

function brokenValue(byte: number): RefusalReason {
  return byte === CR || byte === LF ? 'line_end' : 'field_value';
}

function candidateIndex(length: number, first: number): number {
  return (length << 5) | (first & 31);
}

/** Setting bit 5 lower-cases letters and leaves every other token character of a known name as it is. */
function spellsKind(bytes: Uint8Array, start: number, kind: number, length: number): boolean {
  const row = kind * NAME_ROW;
  for (let i = 0; i < length; i++) {
    if (((bytes[start + i] as number) | 0x20) !== NAME_BYTES[row + i]) return false;
  }
  return true;
}
