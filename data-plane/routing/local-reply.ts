/** Tidegate's own replies: small, the same from every engine, never a word about the inside. */
import { type ErrorCode, LOCAL_REPLIES } from '#shared/error-code.js';

interface LocalReply {
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
const RETRY_AFTER_S = 1;

const METHODS = 'GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE';

export function localReply(code: ErrorCode): LocalReply {
  const { status, closes, meaning } = LOCAL_REPLIES[code];
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
  return { status, code, headers, body, close: closes };
}
