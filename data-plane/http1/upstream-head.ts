/**
 * The head that a backend is sent, from the head that the client sent: the rules of `routing/headers` on positions instead of
 * lists, so that lines which stay are copied in runs. Built once per request and sent with each attempt. Pure.
 */
import { stripCookie } from '../routing/cookies.js';
import { isDropped } from '../routing/headers.js';
import {
  CODING_LINE,
  EXPECT_LINE,
  isLengthPlain,
  isSpacedPlainly,
  lengthLine,
  onlyLine,
  spacedPlainly,
} from './framing-lines.js';
import { HOP_FIELDS } from './hop-fields.js';
import { isNominated } from './wire/connection.js';
import { FIELD, firstLine, lineName, lineValue } from './wire/fields.js';
import { beginEdits, buildHead, editLine, type HeadEdits } from './wire/head-edits.js';
import { forwardedTarget, type RequestHead } from './wire/request-head.js';
import { TARGET_FORM } from './wire/target.js';

export interface UpstreamHeadFacts {
  /** Lines that say who the client is, each with its CRLF. */
  readonly forwarded: string;
  /** What the peer says about the client is believed. */
  readonly trustedPeer: boolean;
  /** Names of the sticky cookie, which backends do not see. */
  readonly cookieNames: readonly string[];
  /** The protocol to ask for in place of HTTP, or `null`. */
  readonly upgrade: string | null;
  /** Takes the place of the client's X-Request-ID; `null`: that one stays. */
  readonly requestId: string | null;
}

/** Meant for this hop, or written anew. Transfer-Encoding stays, in our spelling: chunks are passed on as chunks. */
const DROPPED =
  HOP_FIELDS | (1 << FIELD.xForwardedFor) | (1 << FIELD.xForwardedProto) | (1 << FIELD.xForwardedHost);
/** Believed from a trusted peer only. */
const CLAIMS = (1 << FIELD.xForwardedOther) | (1 << FIELD.forwarded) | (1 << FIELD.xRealIp);
const LOOKED_AT =
  DROPPED |
  CLAIMS |
  (1 << FIELD.cookie) |
  (1 << FIELD.expect) |
  (1 << FIELD.transferEncoding) |
  (1 << FIELD.xRequestId);
/** Without these the message would have another meaning or another end: naming them in Connection does nothing. */
const NEVER_NOMINATED =
  (1 << FIELD.host) | (1 << FIELD.contentLength) | (1 << FIELD.cookie) | (1 << FIELD.date);
const NOTHING: ReadonlySet<string> = new Set();

/** The head as latin1. Without Host where the client sent none (HTTP/1.0): see `withHost`. */
export function upstreamHead(head: RequestHead, edits: HeadEdits, facts: UpstreamHeadFacts): string {
  beginEdits(edits);
  const { fields, connection } = head;
  const isAbsolute = head.targetForm === TARGET_FORM.absolute;
  const isPlain = isLengthPlain(head) && isHostPlain(head);
  const isLookedAt = (fields.present & LOOKED_AT) !== 0 || fields.anyUnderscore || isAbsolute || !isPlain;
  if (isLookedAt || connection.nominationCount > 0) {
    for (let line = 0; line < fields.count; line++) {
      const text = replacement(head, line, facts);
      if (text !== null) editLine(edits, line, text);
    }
  }
  let appended = facts.forwarded;
  if (facts.upgrade !== null) appended += `Connection: Upgrade\r\nUpgrade: ${facts.upgrade}\r\n`;
  if (facts.requestId !== null) appended += `X-Request-ID: ${facts.requestId}\r\n`;
  edits.appended = appended;
  // A request line that is already what is sent is copied together with the lines after it.
  return buildHead(head, edits, head.minor === 1 && !isAbsolute ? 0 : startLine(head, isAbsolute));
}

/** A backend that keeps a tab in front of the name would be asked for another host than the one that was routed. */
function isHostPlain({ text, fields }: RequestHead): boolean {
  const line = firstLine(fields, FIELD.host);
  return line < 0 || isSpacedPlainly(text, fields, line);
}

/** The host of an absolute target counts, whatever Host says (RFC 9112 §3.2.2). */
function startLine(head: RequestHead, isAbsolute: boolean): string {
  const line = `${head.method} ${forwardedTarget(head)} HTTP/1.1\r\n`;
  return isAbsolute ? `${line}Host: ${head.text.slice(head.hostStart, head.hostEnd)}\r\n` : line;
}

/** Whether `upstreamHead` gives a head with Host. */
export function hasHost(head: RequestHead): boolean {
  return head.targetForm === TARGET_FORM.absolute || (head.fields.present & (1 << FIELD.host)) !== 0;
}

/** A head that has no Host, with one: HTTP/1.1 requires it (RFC 9112 §3.2). */
export function withHost(head: string, authority: string): string {
  const end = head.indexOf('\r\n') + 2;
  return `${head.slice(0, end)}Host: ${authority}\r\n${head.slice(end)}`;
}

/** What stands in the place of a line: '' for nothing, `null`: the line itself. */
function replacement(head: RequestHead, line: number, facts: UpstreamHeadFacts): string | null {
  const { fields, connection, text } = head;
  const kind = fields.kinds[line] ?? FIELD.other;
  const bit = 1 << kind;
  if ((bit & DROPPED) !== 0) return '';
  if (kind === FIELD.host) {
    if (head.targetForm === TARGET_FORM.absolute) return '';
    return isSpacedPlainly(text, fields, line) ? null : spacedPlainly(text, fields, line);
  }
  if (kind === FIELD.transferEncoding) return CODING_LINE;
  if (kind === FIELD.contentLength) return onlyLine(fields, line, lengthLine(head.contentLength));
  if ((bit & CLAIMS) !== 0 && !facts.trustedPeer) return '';
  if (kind === FIELD.expect) return head.expectContinue ? onlyLine(fields, line, EXPECT_LINE) : '';
  if (kind === FIELD.xRequestId && facts.requestId !== null) return '';
  if (fields.underscored[line] === 1) {
    if (isDropped(lineName(fields, text, line).toLowerCase(), NOTHING, facts.trustedPeer)) return '';
  }
  if (connection.nominationCount > 0 && (bit & NEVER_NOMINATED) === 0) {
    if (isNominated(connection, fields, text, line)) return '';
  }
  return kind === FIELD.cookie ? cookieReplacement(head, line, facts.cookieNames) : null;
}

function cookieReplacement(head: RequestHead, line: number, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const value = lineValue(head.fields, head.text, line);
  const rest = stripCookie(value, names);
  if (rest === value) return null;
  return rest === null ? '' : `${lineName(head.fields, head.text, line)}: ${rest}\r\n`;
}
