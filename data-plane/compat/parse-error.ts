/**
 * What a client is told whose bytes node's parser has refused: what the native engine would say to them. Where node's error
 * does not say enough, the line it stopped in is read again by the native parser, if all of it came in one piece; if not,
 * the answer is the one that fits most.
 */
import type { ErrorCode } from '#shared/error-code.js';
import { latin1, type HeadTables } from '../http1/scratch.js';
import { createRequestReader, readHead } from '../http1/wire/head-reader.js';
import { REFUSALS, type RefusalReason } from '../http1/wire/refusal.js';
import { parseRequestHead } from '../http1/wire/request-head.js';

/** Longer than any method. */
const METHOD_BYTES = 32;

/** As `clientError` gives it. */
export interface ParseError {
  readonly code?: string | undefined;
  /** The bytes that were being parsed… */
  readonly rawPacket?: Buffer | undefined;
  /** …and about where parsing stopped in them. */
  readonly bytesParsed?: number | undefined;
}

/** gone: the client is not there any more. ended: it has ended its side within a request. Neither gets an answer. */
export function refusalFor(error: ParseError, tables: HeadTables): ErrorCode | 'gone' | 'ended' {
  const { code = '' } = error;
  switch (code) {
    case 'HPE_INVALID_EOF_STATE':
      return 'ended';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout';
    case 'HPE_PAUSED_H2_UPGRADE':
      // The preface of HTTP/2.
      return codeOf('method_unsupported');
    case 'HPE_INVALID_METHOD':
      // Node's parser has a closed list of methods. What the native parser finds no fault with is still none that this engine can read.
      return codeOf(reasonIn(error, 1, tables) === 'method' ? 'method' : 'method_unsupported');
    case 'HPE_INVALID_VERSION':
      return codeOf(versionReason(reasonIn(error, 2, tables)));
    case 'HPE_HEADER_OVERFLOW':
      return isWithinTarget(error) ? 'target_too_long' : 'head_too_large';
  }
  return code.startsWith('HPE_') ? 'bad_request' : 'gone';
}

/** Node had read method and target, so if the native parser has not, it did not see the beginning of the line. */
function versionReason(reason: RefusalReason | null): RefusalReason {
  return reason === 'version' || reason === 'line_end' ? reason : 'version_unsupported';
}

/**
 * Why the native parser refuses the start line that node's parser stopped in; `null`: that cannot be told from what came of it.
 * @param back how far node may have gone beyond the byte that it refused
 */
function reasonIn(error: ParseError, back: number, tables: HeadTables): RefusalReason | null {
  const { rawPacket } = error;
  if (rawPacket === undefined) return null;
  const start = lineStart(error, back);
  const end = rawPacket.indexOf('\n', start) + 1;
  if (end > 0) {
    const text = `${latin1(rawPacket, start, end)}\r\n`;
    return parseRequestHead(tables.request, Buffer.from(text, 'latin1'), 0, text);
  }
  const reader = createRequestReader(tables.request, latin1);
  readHead(reader, rawPacket, start, rawPacket.length);
  return reader.refusal;
}

/** Whether there was no end to the first line: a method, a space, and then the target. */
function isWithinTarget(error: ParseError): boolean {
  const { rawPacket } = error;
  if (rawPacket === undefined) return false;
  const start = lineStart(error, 1);
  const end = Math.min(start + METHOD_BYTES, rawPacket.length);
  return /^[A-Z-]+ /.test(latin1(rawPacket, start, end)) && !rawPacket.includes('\n', start);
}

function lineStart({ rawPacket, bytesParsed = 0 }: ParseError, back: number): number {
  const last = bytesParsed - back;
  return rawPacket === undefined || last < 0 ? 0 : rawPacket.lastIndexOf('\n', last) + 1;
}

function codeOf(reason: RefusalReason): ErrorCode {
  return REFUSALS[reason].code;
}
