/**
 * The head that the client is sent, from the head that the backend sent: the rules of `routing/headers` on positions, so
 * that lines which stay are copied in runs. Pure.
 */
import { CODING_LINE, isLengthPlain, lengthLine, onlyLine } from './framing-lines.js';
import { HOP_FIELDS } from './hop-fields.js';
import { isNominated } from './wire/connection.js';
import { FIELD, firstLine, lineValue } from './wire/fields.js';
import { beginEdits, buildHead, editLine, type HeadEdits } from './wire/head-edits.js';
import type { ResponseHead } from './wire/response-head.js';

export interface DownstreamHeadFacts {
  /** The value of a Set-Cookie to add, or `null`. */
  readonly setCookie: string | null;
  /** Now, for an answer without a Date, which a recipient with a clock is to add (RFC 9110 §6.6.1); else `null`. */
  readonly date: string | null;
  /** What Connection says to this client; `null`: nothing, the connection stays as HTTP/1.1 has it. */
  readonly connection: 'close' | 'keep-alive' | 'Upgrade' | null;
  /** How the body goes to the client. */
  readonly framing: 'as-sent' | 'chunked' | 'until-close';
}

const CODING = 1 << FIELD.transferEncoding;
const FRAMING = CODING | (1 << FIELD.trailer);
const LENGTH = 1 << FIELD.contentLength;
const LOOKED_AT = HOP_FIELDS | FRAMING;
const NEVER_NOMINATED = (1 << FIELD.contentLength) | (1 << FIELD.setCookie) | (1 << FIELD.date);
const UPGRADE = 1 << FIELD.upgrade;
/** Upgrade Required: it says to what (RFC 9110 §15.5.22). */
const UPGRADE_REQUIRED = 426;
/** A shared cache must not hand one client's session to others. */
const IS_PRIVATE = /\r\ncache-control:(?:[^\r]*[\s,])?(?:private|no-store)(?:[\s,]|\r)/i;

/** The head as latin1. */
export function downstreamHead(head: ResponseHead, edits: HeadEdits, facts: DownstreamHeadFacts): string {
  beginEdits(edits);
  const { fields, connection } = head;
  // RFC 9110 §8.6, RFC 9112 §6.1: neither length nor coding.
  const isEmpty = head.status === 204 || head.status < 200;
  const isLookedAt = (fields.present & LOOKED_AT) !== 0 || !isLengthPlain(head);
  if (isLookedAt || isEmpty || connection.nominationCount > 0) {
    // Chunks are undone for a client that does not know them.
    const withoutCoding = isEmpty || facts.framing === 'until-close';
    const hop = head.status === UPGRADE_REQUIRED ? HOP_FIELDS & ~UPGRADE : HOP_FIELDS;
    const dropped = hop | (withoutCoding ? FRAMING : 0) | (isEmpty ? LENGTH : 0);
    for (let line = 0; line < fields.count; line++) {
      const bit = 1 << (fields.kinds[line] ?? FIELD.other);
      if ((bit & dropped) !== 0) editLine(edits, line, '');
      else if ((bit & CODING) !== 0) editLine(edits, line, CODING_LINE);
      else if ((bit & LENGTH) !== 0) {
        editLine(edits, line, onlyLine(fields, line, lengthLine(head.contentLength)));
      } else if (connection.nominationCount > 0 && (bit & NEVER_NOMINATED) === 0) {
        if (isNominated(connection, fields, head.text, line)) editLine(edits, line, '');
      }
    }
  }
  edits.appended = appendedLines(head, facts);
  return buildHead(head, edits, startLine(head));
}

export function hasDate({ fields }: ResponseHead): boolean {
  return (fields.present & (1 << FIELD.date)) !== 0;
}

/** An interim response: no framing and no connection of its own. */
export function interimHead(head: ResponseHead, edits: HeadEdits): string {
  beginEdits(edits);
  const { fields, connection } = head;
  const dropped = HOP_FIELDS | FRAMING | (1 << FIELD.contentLength);
  for (let line = 0; line < fields.count; line++) {
    const bit = 1 << (fields.kinds[line] ?? FIELD.other);
    if ((bit & dropped) !== 0 || isNominated(connection, fields, head.text, line)) editLine(edits, line, '');
  }
  return buildHead(head, edits, startLine(head));
}

function appendedLines(head: ResponseHead, facts: DownstreamHeadFacts): string {
  let lines = '';
  if (facts.setCookie !== null) {
    lines += `Set-Cookie: ${facts.setCookie}\r\n`;
    if (!IS_PRIVATE.test(head.text)) lines += 'Cache-Control: private\r\n';
  }
  if (facts.framing === 'chunked') lines += 'Transfer-Encoding: chunked\r\n';
  if (facts.date !== null) lines += `Date: ${facts.date}\r\n`;
  const isRequired = head.status === UPGRADE_REQUIRED && (head.fields.present & UPGRADE) !== 0;
  if (isRequired) return `${lines}Connection: ${withUpgrade(facts.connection)}\r\n`;
  if (facts.connection === null) return lines;
  lines += `Connection: ${facts.connection}\r\n`;
  if (facts.connection === 'Upgrade') {
    const line = firstLine(head.fields, FIELD.upgrade);
    if (line >= 0) lines += `Upgrade: ${lineValue(head.fields, head.text, line)}\r\n`;
  }
  return lines;
}

/** Connection names Upgrade where it stands (RFC 9110 §7.8). */
function withUpgrade(connection: DownstreamHeadFacts['connection']): string {
  return connection === null ? 'Upgrade' : `${connection}, Upgrade`;
}

/** As it came, but with our version, and with the space that some backends leave out. */
function startLine(head: ResponseHead): string | number {
  if (head.minor === 1 && head.reasonStart >= 0) return 0;
  const reason = head.reasonStart < 0 ? '' : head.text.slice(head.reasonStart, head.fieldsStart - 2);
  return `HTTP/1.1 ${head.status} ${reason}\r\n`;
}
