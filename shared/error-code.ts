/**
 * The codes of replies that Tidegate itself gives. The header `x-tidegate-error`, the access log and the metrics use the
 * same code. A test compares README's table with this list.
 */
interface LocalReplyEntry {
  readonly status: number;
  /**
   * Whether the connection is closed after the reply. It is closed if the request was not understood or not read completely,
   * because the next bytes could then be anything.
   */
  readonly closes: boolean;
  readonly meaning: string;
}

export const LOCAL_REPLIES = {
  bad_request: { status: 400, closes: true, meaning: 'The request is not plainly valid HTTP.' },
  no_route: { status: 404, closes: false, meaning: 'No route matches host and path.' },
  method_not_allowed: { status: 405, closes: true, meaning: 'The method is not served here.' },
  request_timeout: { status: 408, closes: true, meaning: 'The request did not arrive in time.' },
  body_too_large: { status: 413, closes: true, meaning: 'The request body is larger than allowed.' },
  target_too_long: { status: 414, closes: true, meaning: 'The request target is longer than allowed.' },
  expectation_failed: { status: 417, closes: true, meaning: 'The expectation is not known.' },
  misdirected: {
    status: 421,
    closes: false,
    meaning: 'No route for this host, and the connection was opened for another.',
  },
  head_too_large: { status: 431, closes: true, meaning: 'The request head is larger than allowed.' },
  not_implemented: {
    status: 501,
    closes: true,
    meaning: 'The method or the transfer coding is not supported.',
  },
  upstream_connect: { status: 502, closes: false, meaning: 'No connection to a backend could be made.' },
  upstream_reset: {
    status: 502,
    closes: false,
    meaning: 'The backend closed the connection before it answered.',
  },
  upstream_malformed: {
    status: 502,
    closes: false,
    meaning: 'The backend sent something that is not plainly valid HTTP.',
  },
  no_backend: { status: 503, closes: false, meaning: 'No backend of the pool is available.' },
  queue_full: {
    status: 503,
    closes: false,
    meaning: 'All backends are at their connection limit, and as many requests wait as may.',
  },
  queue_timeout: {
    status: 503,
    closes: false,
    meaning: 'The backends stayed at their connection limit for as long as a request may wait.',
  },
  overloaded: { status: 503, closes: true, meaning: 'The worker is at its limits.' },
  upstream_timeout: { status: 504, closes: false, meaning: 'The backend did not answer in time.' },
  unsupported_version: { status: 505, closes: true, meaning: 'The HTTP version is not supported.' },
} as const satisfies Readonly<Record<string, LocalReplyEntry>>;

export type ErrorCode = keyof typeof LOCAL_REPLIES;
