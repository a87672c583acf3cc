/**
 * The codes of the answers that Tidegate gives itself: header `x-tidegate-error`, access log and metrics carry the
 * same word. README's table is held to this list by a test.
 */
export const LOCAL_REPLIES = {
  bad_request: { status: 400, meaning: 'The request is not plainly valid HTTP.' },
  no_route: { status: 404, meaning: 'No route matches host and path.' },
  method_not_allowed: { status: 405, meaning: 'The method is not served here.' },
  request_timeout: { status: 408, meaning: 'The request did not arrive in time.' },
  body_too_large: { status: 413, meaning: 'The request body is larger than allowed.' },
  target_too_long: { status: 414, meaning: 'The request target is longer than allowed.' },
  expectation_failed: { status: 417, meaning: 'The expectation is not known.' },
  misdirected: { status: 421, meaning: 'No route for this host, and the connection was opened for another.' },
  head_too_large: { status: 431, meaning: 'The request head is larger than allowed.' },
  not_implemented: { status: 501, meaning: 'The method or the transfer coding is not supported.' },
  upstream_connect: { status: 502, meaning: 'No connection to a backend could be made.' },
  upstream_reset: { status: 502, meaning: 'The backend closed the connection before it answered.' },
  upstream_malformed: { status: 502, meaning: 'The backend sent something that is not plainly valid HTTP.' },
  no_backend: { status: 503, meaning: 'No backend of the pool is available.' },
  queue_full: {
    status: 503,
    meaning: 'All backends are at their connection limit, and as many requests wait as may.',
  },
  queue_timeout: {
    status: 503,
    meaning: 'The backends stayed at their connection limit for as long as a request may wait.',
  },
  overloaded: { status: 503, meaning: 'The worker is at its limits.' },
  upstream_timeout: { status: 504, meaning: 'The backend did not answer in time.' },
  unsupported_version: { status: 505, meaning: 'The HTTP version is not supported.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof LOCAL_REPLIES;
