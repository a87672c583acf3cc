/**
 * The trailer section of a chunked body, byte by byte: checks it as strictly as a head, and refuses the fields that must not
 * stand there (RFC 9110 §6.5.1), because a recipient that merges trailers into the head would be told another length,
 * host, user or route after these were decided. Whether trailers go on is decided by the caller.
 */
import { COLON, CR, FIELD_VALUE, LF, TOKEN, TOKEN_UNDERSCORE } from './chars.js';
import { FIELD, FIELD_NAME_BYTES, fieldKind } from './fields.js';
import type { HeadLimits } from './limits.js';
import type { RefusalReason } from './refusal.js';

const STATE = { lineStart: 0, name: 1, value: 2, valueEnd: 3, sectionEnd: 4, done: 5 } as const;
type State = (typeof STATE)[keyof typeof STATE];

/** Longer than any name that is looked for. */
const NAME_BYTES = 64;

/** Besides all that `FIELD` knows: framing, routing, hop-by-hop, cookies and forwarding are among those. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-range',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'location',
  'range',
  'www-authenticate',
]);

export interface TrailerState {
  state: State;
  /** Bytes of the section so far. */
  bytes: number;
  lines: number;
  nameLength: number;
  underscored: boolean;
  readonly name: Uint8Array;
}

export function createTrailerState(): TrailerState {
  const name = new Uint8Array(NAME_BYTES);
  return { state: STATE.lineStart, bytes: 0, lines: 0, nameLength: 0, underscored: false, name };
}

export function beginTrailers(trailer: TrailerState): void {
  trailer.state = STATE.lineStart;
  trailer.bytes = 0;
  trailer.lines = 0;
}

/** Whether the byte last taken belongs to the empty line that ends the section. */
export function atSectionEnd(trailer: TrailerState): boolean {
  return trailer.state >= STATE.sectionEnd;
}

export function isTrailerDone(trailer: TrailerState): boolean {
  return trailer.state === STATE.done;
}

/** Takes the next byte of the section. */
export function stepTrailer(trailer: TrailerState, byte: number, limits: HeadLimits): RefusalReason | null {
  if (++trailer.bytes > limits.headBytes) return 'head_too_large';
  switch (trailer.state) {
    case STATE.lineStart:
      return startLine(trailer, byte, limits);
    case STATE.name:
      return stepName(trailer, byte);
    case STATE.value:
      if (FIELD_VALUE[byte] === 1) return null;
      if (byte !== CR) return byte === LF ? 'line_end' : 'field_value';
      trailer.state = STATE.valueEnd;
      return null;
    case STATE.valueEnd:
      trailer.state = STATE.lineStart;
      return byte === LF ? null : 'line_end';
    case STATE.sectionEnd:
      trailer.state = STATE.done;
      return byte === LF ? null : 'line_end';
    case STATE.done:
      return 'line_end';
  }
}

function startLine(trailer: TrailerState, byte: number, limits: HeadLimits): RefusalReason | null {
  if (byte === CR) {
    trailer.state = STATE.sectionEnd;
    return null;
  }
  if (++trailer.lines > limits.headerCount) return 'too_many_fields';
  trailer.state = STATE.name;
  trailer.nameLength = 0;
  trailer.underscored = false;
  return stepName(trailer, byte);
}

function stepName(trailer: TrailerState, byte: number): RefusalReason | null {
  const tokenClass = TOKEN[byte] as number;
  if (tokenClass !== 0) {
    if (trailer.nameLength === FIELD_NAME_BYTES) return 'field_name_too_long';
    // Writes past the end of a typed array are ignored: a longer name is none of those looked for.
    trailer.name[trailer.nameLength++] = byte;
    if ((tokenClass & TOKEN_UNDERSCORE) !== 0) trailer.underscored = true;
    return null;
  }
  if (trailer.nameLength === 0) return byte === LF ? 'line_end' : 'field_name';
  if (byte !== COLON) return byte === LF ? 'line_end' : 'field_name';
  trailer.state = STATE.value;
  return trailer.underscored || isForbidden(trailer) ? 'trailer_forbidden' : null;
}

function isForbidden(trailer: TrailerState): boolean {
  if (fieldKind(trailer.name, 0, trailer.nameLength) !== FIELD.other) return true;
  const known = trailer.name.subarray(0, Math.min(trailer.nameLength, NAME_BYTES));
  return FORBIDDEN.has(String.fromCharCode(...known).toLowerCase());
}
