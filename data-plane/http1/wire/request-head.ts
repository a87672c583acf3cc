/**
 * Reads the head of a request into an object that is used again: method, target, host, framing, and what becomes of the
 * connection. What is not plainly valid by RFC 9110 and 9112 is refused with a reason. Which fields are forwarded
 * and where to is not decided here.
 * Wider than a strict reading: what clients send in targets (`chars.ts`). Narrower than the RFCs: a few methods (`method.ts`),
 * hosts (`authority.ts`), versions other than 1.1 and 1.0.
 */
import { hostNameEnd } from './authority.js';
import { ASTERISK, CR, LF, QUESTION, SLASH, SPACE, TARGET, TOKEN, spells } from './chars.js';
import { UPGRADE, createConnectionFields, readConnection, type ConnectionFields } from './connection.js';
import {
  FIELD,
  createFieldTable,
  firstLine,
  scanFields,
  valueEnd,
  valueStart,
  type FieldTable,
} from './fields.js';
import { BODY, LENGTHS, readFraming, type BodyKind } from './framing.js';
import type { HeadLimits } from './limits.js';
import { methodRefusal, methodText } from './method.js';
import type { RefusalReason } from './refusal.js';
import { TARGET_FORM, schemeEnd, type TargetForm } from './target.js';
import { VERSION_BYTES, VERSION_BROKEN, VERSION_UNKNOWN, readVersion } from './version.js';

/** All positions are counted from the start of `text`. Valid until the object is used for the next head. */
export interface RequestHead {
  readonly limits: HeadLimits;
  readonly fields: FieldTable;
  readonly connection: ConnectionFields;
  /** The head as latin1, one character per byte, with its empty line. */
  text: string;
  method: string;
  targetStart: number;
  targetEnd: number;
  targetForm: TargetForm;
  /** Where the path begins; in an absolute target without one, where it would. */
  pathStart: number;
  /** End of the path: where `?` or the space stands. */
  pathEnd: number;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  minor: number;
  /** After the version and its CRLF. */
  fieldsStart: number;
  /** Host with port, from an absolute target or else from Host. Both the same: none was given, or an empty one. */
  hostStart: number;
  hostEnd: number;
  /** End of the host without its port. */
  hostNameEnd: number;
  /** `none`, `length` or `chunked`. */
  body: BodyKind;
  /** Content-Length; -1: none. */
  contentLength: number;
  /** `Transfer-Encoding: chunked` stands there. */
  chunked: boolean;
  /** The client allows another request on this connection. */
  keepAlive: boolean;
  /** `Expect: 100-continue` with a body, in HTTP/1.1. */
  expectContinue: boolean;
}

export function createRequestHead(limits: HeadLimits): RequestHead {
  return {
    limits,
    fields: createFieldTable(limits.headerCount),
    connection: createConnectionFields(),
    text: '',
    method: '',
    targetStart: 0,
    targetEnd: 0,
    targetForm: TARGET_FORM.origin,
    pathStart: 0,
    pathEnd: 0,
    minor: 1,
    fieldsStart: 0,
    hostStart: 0,
    hostEnd: 0,
    hostNameEnd: 0,
    body: BODY.none,
    contentLength: -1,
    chunked: false,
    keepAlive: false,
    expectContinue: false,
  };
}

/**
 * Parses the head that stands in `bytes` from `from` on for `text.length` bytes, of which `text` is the latin1 reading,
 * as `findHeadEnd` has found it: it ends with an empty line, or with a bare LF and is then refused. Never reads further.
 */
export function parseRequestHead(
  head: RequestHead,
  bytes: Uint8Array,
  from: number,
  text: string,
): RefusalReason | null {
  // The parsers below stop at LF wherever it stands, so it is the sentinel that keeps them inside the head.
  if (text === '' || bytes[from + text.length - 1] !== LF) return 'line_end';
  head.text = text;
  const reason =
    readMethod(head, bytes, from) ??
    readTarget(head, bytes, from) ??
    readRequestVersion(head, bytes, from) ??
    scanFields(head.fields, bytes, from, from + head.fieldsStart) ??
    readHost(head, bytes, from) ??
    readFraming(head, head.fields, bytes, from, LENGTHS.one) ??
    readConnection(head.connection, head.fields, bytes, from) ??
    settleBody(head);
  if (reason !== null || (head.fields.present & (1 << FIELD.expect)) === 0) return reason;
  return readExpectation(head, bytes, from);
}

/** The target in origin form (or `*`), as a backend gets it. Allocates only where the client sent the absolute form. */
export function forwardedTarget(head: RequestHead): string {
  if (head.targetForm !== TARGET_FORM.absolute) return head.text.slice(head.targetStart, head.targetEnd);
  const target = head.text.slice(head.pathStart, head.targetEnd);
  if (target.startsWith('/')) return target;
  // RFC 9112 §3.2.4: OPTIONS for a whole server becomes `*`. §3.2.1: an empty path becomes `/`.
  return head.method === 'OPTIONS' && target === '' ? '*' : `/${target}`;
}

function readMethod(head: RequestHead, bytes: Uint8Array, from: number): RefusalReason | null {
  let end = from;
  while ((TOKEN[bytes[end] as number] as number) > 0) end++;
  if (end === from || bytes[end] !== SPACE) return 'method';
  head.targetStart = end + 1 - from;
  if (end - from === 3 && bytes[from] === 0x47 && bytes[from + 1] === 0x45 && bytes[from + 2] === 0x54) {
    head.method = 'GET';
    return null;
  }
  head.method = methodText(head.text.slice(0, end - from));
  return methodRefusal(head.method);
}

function readTarget(head: RequestHead, bytes: Uint8Array, from: number): RefusalReason | null {
  const start = from + head.targetStart;
  let position = start;
  const first = bytes[start] as number;
  head.hostStart = head.hostEnd = head.hostNameEnd = 0;
  head.targetForm = TARGET_FORM.origin;
  if (first === ASTERISK) {
    head.targetForm = TARGET_FORM.asterisk;
    if (head.method !== 'OPTIONS' || bytes[start + 1] !== SPACE) return 'target_form';
  } else if (first !== SLASH) {
    if (TARGET[first] === 0) return 'target';
    position = schemeEnd(bytes, start);
    if (position < 0) return 'target_form';
    head.targetForm = TARGET_FORM.absolute;
    position = readAuthority(head, bytes, from, position);
    if (position < 0) return 'host_invalid';
  }
  head.pathStart = position - from;
  let byte = bytes[position] as number;
  while (TARGET[byte] === 1 && byte !== QUESTION) byte = bytes[++position] as number;
  head.pathEnd = position - from;
  while (TARGET[byte] === 1) byte = bytes[++position] as number;
  if (byte !== SPACE) return 'target';
  head.targetEnd = position - from;
  return position - start > head.limits.targetBytes ? 'target_too_long' : null;
}

/** Reads the authority of an absolute target from `start` to `/`, `?` or the end. Returns its end, or -1. */
function readAuthority(head: RequestHead, bytes: Uint8Array, from: number, start: number): number {
  let end = start;
  let byte = bytes[end] as number;
  while (byte > SPACE && byte !== SLASH && byte !== QUESTION) byte = bytes[++end] as number;
  const nameEnd = hostNameEnd(bytes, start, end);
  head.hostStart = start - from;
  head.hostEnd = end - from;
  head.hostNameEnd = nameEnd - from;
  return nameEnd < 0 ? -1 : end;
}

function readRequestVersion(head: RequestHead, bytes: Uint8Array, from: number): RefusalReason | null {
  const start = from + head.targetEnd + 1;
  const minor = readVersion(bytes, start);
  if (minor === VERSION_BROKEN) return 'version';
  const end = start + VERSION_BYTES;
  if (bytes[end] !== CR || bytes[end + 1] !== LF) {
    return bytes[end] === CR || bytes[end] === LF ? 'line_end' : 'version';
  }
  if (minor === VERSION_UNKNOWN) return 'version_unsupported';
  head.minor = minor;
  head.fieldsStart = end + 2 - from;
  return null;
}

/** RFC 9112 §3.2: Host exactly once in HTTP/1.1, valid even where an absolute target overrides it (§3.2.2). */
function readHost(head: RequestHead, bytes: Uint8Array, from: number): RefusalReason | null {
  const { fields } = head;
  const line = firstLine(fields, FIELD.host);
  if (line < 0) return head.minor === 1 ? 'host_missing' : null;
  if ((fields.repeated & (1 << FIELD.host)) !== 0) return 'host_repeated';
  const start = valueStart(fields, line);
  const end = valueEnd(fields, line);
  // RFC 9112 §3.2: an empty Host is what a client sends that knows none.
  const nameEnd = start === end ? from + end : hostNameEnd(bytes, from + start, from + end);
  if (nameEnd < 0) return 'host_invalid';
  if (head.targetForm === TARGET_FORM.absolute) return null;
  head.hostStart = start;
  head.hostEnd = end;
  head.hostNameEnd = nameEnd - from;
  return null;
}

function settleBody(head: RequestHead): RefusalReason | null {
  const { connection } = head;
  if (head.chunked && head.minor === 0) return 'coding_in_http10';
  head.body = head.chunked ? BODY.chunked : head.contentLength > 0 ? BODY.length : BODY.none;
  if (head.body !== BODY.none && head.method === 'TRACE') return 'trace_content';
  head.keepAlive = !connection.close && (head.minor === 1 || connection.keepAlive);
  // RFC 9110 §7.8: ignored in HTTP/1.0. With any method, and with a body: what is behind that counts only after 101.
  if (head.minor === 0) connection.upgrade = UPGRADE.none;
  head.expectContinue = false;
  return null;
}

/** RFC 9110 §10.1.1. In HTTP/1.0 expectations are ignored. */
function readExpectation(head: RequestHead, bytes: Uint8Array, from: number): RefusalReason | null {
  const { fields } = head;
  if (head.minor === 0) return null;
  for (let line = firstLine(fields, FIELD.expect); line < fields.count; line++) {
    if (fields.kinds[line] !== FIELD.expect) continue;
    const start = valueStart(fields, line);
    const length = valueEnd(fields, line) - start;
    if (length !== 12 || !spells(bytes, from + start, '100-continue')) return 'expectation';
  }
  head.expectContinue = head.body !== BODY.none;
  return null;
}
