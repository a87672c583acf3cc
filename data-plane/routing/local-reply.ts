/** Tidegate's own replies: small, the same from every engine, never a word about the inside. */
import { type ErrorCode, LOCAL_REPLIES } from '#shared/error-code.js';

export interface LocalReply {
  readonly status: number;
  readonly code: ErrorCode;
  /** Flat list of names and values, Content-Length included, Date and Connection not. */
  readonly headers: readonly string[];
  /** ASCII. Not sent in answer to HEAD. */
  readonly body: string;
  /** The rest of the connection cannot be trusted, or is not wanted: close it after this answer. */
  readonly close: boolean;
}

/** Seconds after which a client may try again: snapshots and health checks bring news within about that time. */
export const RETRY_AFTER_S = 1;

const METHODS = 'GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE';

export function localReply(code: ErrorCode): LocalReply {
  const { status, meaning } = LOCAL_REPLIES[code];
  const body = `${status} ${code}: ${meaning}\n`;
  const headers = [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'x-tidegate-error',
    code,
  ];
  if (status === 503) headers.push('Retry-After', String(RETRY_AFTER_S));
  // RFC 9110 §15.5.6 requires it.
  if (status === 405) headers.push('Allow', METHODS);
  return { status, code, headers, body, close: endsConnection(code) };
}

/** Whether the next byte of the connection may be anything, because the request was not understood or not read to its end. */
function endsConnection(code: ErrorCode): boolean {
  switch (code) {
    case 'bad_request':
    case 'method_not_allowed':
    case 'request_timeout':
    case 'body_too_large':
    case 'target_too_long':
    case 'expectation_failed':
    case 'head_too_large':
    case 'not_implemented':
    case 'overloaded':
    case 'unsupported_version':
      return true;
    case 'no_route':
    case 'misdirected':
    case 'upstream_connect':
    case 'upstream_reset':
    case 'upstream_malformed':
    case 'no_backend':
    case 'queue_full':
    case 'queue_timeout':
    case 'upstream_timeout':
      return false;
  }
}
