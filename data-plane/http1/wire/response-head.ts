/**
 * Reads the head of a response into an object that is used again. Backends are trusted no more than clients: what is
 * not plainly valid is refused, and the connection it came on must not be used again. What is done with interim
 * responses, and which fields are forwarded, is not decided here.
 * Wider than a strict reading: a status line may end after the status, without the space (`reasonStart` is then -1).
 */
import { CR, FIELD_VALUE, LF, SPACE, ZERO } from './chars.js';
import {
  UPGRADE,
  createConnectionFields,
  readConnection,
  type ConnectionFields,
  type UpgradeKind,
} from './connection.js';
import { createFieldTable, scanFields, type FieldTable } from './fields.js';
import { BODY, LENGTHS, readFraming, type BodyKind } from './framing.js';
import type { HeadLimits } from './limits.js';
import type { RefusalReason } from './refusal.js';
import { VERSION_BROKEN, VERSION_BYTES, VERSION_UNKNOWN, readVersion } from './version.js';

/** All positions are counted from the start of `text`. Valid until the object is used for the next head. */
export interface ResponseHead {
  readonly limits: HeadLimits;
  readonly fields: FieldTable;
  readonly connection: ConnectionFields;
  /** Method of the request that it answers: set by `expectResponse`. */
  requestMethod: string;
  /** What the request asked the connection to become: only then is 101 allowed. */
  requestUpgrade: UpgradeKind;
  text: string;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  minor: number;
  /** 100 to 599. */
  status: number;
  /** Where the reason begins (it may be empty); -1: the line ends after the status. */
  reasonStart: number;
  fieldsStart: number;
  /** `untilClose` too. For 101 and for an answer to CONNECT `none`: what follows is not HTTP. */
  body: BodyKind;
  /** Content-Length as it stands there, even where there is no body (HEAD, 304); -1: none. */
  contentLength: number;
  chunked: boolean;
  /** 100 to 199 except 101: another head follows. */
  interim: boolean;
  /** The backend allows another request on this connection, once the body has been read. */
  keepAlive: boolean;
}

export function createResponseHead(limits: HeadLimits): ResponseHead {
  return {
    limits,
    fields: createFieldTable(limits.headerCount),
    connection: createConnectionFields(),
    requestMethod: '',
    requestUpgrade: UPGRADE.none,
    text: '',
    minor: 1,
    status: 0,
    reasonStart: 0,
    fieldsStart: 0,
    body: BODY.none,
    contentLength: -1,
    chunked: false,
    interim: false,
    keepAlive: false,
  };
}

/** To be called before the responses to a request are parsed: framing depends on it. */
export function expectResponse(head: ResponseHead, method: string, upgrade: UpgradeKind): void {
  head.requestMethod = method;
  head.requestUpgrade = upgrade;
}

/** As `parseRequestHead`, for a response. */
export function parseResponseHead(
  head: ResponseHead,
  bytes: Uint8Array,
  from: number,
  text: string,
): RefusalReason | null {
  if (text === '' || bytes[from + text.length - 1] !== LF) return 'line_end';
  head.text = text;
  return (
    readStatusLine(head, bytes, from) ??
    scanFields(head.fields, bytes, from, from + head.fieldsStart) ??
    readFraming(head, head.fields, bytes, from, LENGTHS.same) ??
    readConnection(head.connection, head.fields, bytes, from) ??
    settleBody(head)
  );
}

function readStatusLine(head: ResponseHead, bytes: Uint8Array, from: number): RefusalReason | null {
  const minor = readVersion(bytes, from);
  if (minor === VERSION_BROKEN) return 'version';
  let position = from + VERSION_BYTES;
  if (bytes[position] !== SPACE) return 'status_line';
  if (minor === VERSION_UNKNOWN) return 'version_unsupported';
  let status = 0;
  for (let i = 0; i < 3; i++) {
    const digit = (bytes[++position] as number) - ZERO;
    if (digit < 0 || digit > 9) return 'status_code';
    status = status * 10 + digit;
  }
  if (status < 100 || status > 599) return 'status_code';
  position++;
  head.reasonStart = -1;
  if (bytes[position] === SPACE) {
    position++;
    head.reasonStart = position - from;
    while (FIELD_VALUE[bytes[position] as number] === 1) position++;
  }
  if (bytes[position] !== CR) return bytes[position] === LF ? 'line_end' : 'status_line';
  if (bytes[position + 1] !== LF) return 'line_end';
  head.minor = minor;
  head.status = status;
  head.fieldsStart = position + 2 - from;
  return null;
}

/** RFC 9112 §6.3, with each of its "ought to be handled as an error" taken at its word. */
function settleBody(head: ResponseHead): RefusalReason | null {
  const { status, connection } = head;
  if (head.chunked && head.minor === 0) return 'coding_in_http10';
  const bodiless = status < 200 || status === 204;
  if (status === 101) {
    if (head.requestUpgrade === UPGRADE.none || connection.upgrade !== head.requestUpgrade) {
      return 'switch_unasked';
    }
  } else {
    connection.upgrade = UPGRADE.none;
  }
  head.interim = status < 200 && status !== 101;
  const persistent = !connection.close && (head.minor === 1 || connection.keepAlive);
  if (head.interim && (!persistent || head.minor === 0)) return 'interim_last';
  const tunnel = status === 101 || (head.requestMethod === 'CONNECT' && status < 300);
  if (bodiless || tunnel || status === 304 || head.requestMethod === 'HEAD') head.body = BODY.none;
  else if (head.chunked) head.body = BODY.chunked;
  else if (head.contentLength < 0) head.body = BODY.untilClose;
  else head.body = head.contentLength === 0 ? BODY.none : BODY.length;
  // RFC 9112 §6.3 item 1: it ends with its head. A backend that sends a coding there may send chunks, too.
  const isSure = head.body !== BODY.untilClose && !(bodiless && head.chunked);
  head.keepAlive = persistent && !tunnel && isSure;
  return null;
}
