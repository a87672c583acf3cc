/**
 * The possible values of labels. Label sets are closed: pools and backends are configured names, and all other values are in
 * these lists. Therefore a client cannot create series.
 */

/** Methods with a label value of their own. All others count as `other`. */
export const METHOD_LABELS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'other',
];

/** The versions of HTTP that clients may use. */
export const HTTP_VERSIONS = ['1.0', '1.1', '2'] as const;
export type HttpVersion = (typeof HTTP_VERSIONS)[number];

/** Label `pool` of requests that reached no pool (not HTTP, no route). No pool can have this name. */
export const NO_POOL = '-';

/** Values of `code_class`. `other` covers status codes that HTTP does not define (600 and above). */
export const CODE_CLASSES: readonly string[] = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'];

/** Values of `result` for sticky decisions. */
export const STICKY_RESULTS = ['new', 'hit', 'moved', 'expired', 'invalid', 'unsure'] as const;

/** Why a wanted retry was not made. */
export const WITHHELD_CAUSES = [
  'attempts',
  'budget',
  'method',
  'body',
  'started',
  'no_backend',
  'full',
] as const;

/** Why a client connection was not served. */
export const CONNECTION_REFUSALS = ['limit', 'descriptors', 'tls'] as const;

/** Why a connection to the admin listener was ended. */
export const ADMIN_CONNECTION_ENDS = ['gave_way', 'refused', 'late'] as const;
export type AdminConnectionEnd = (typeof ADMIN_CONNECTION_ENDS)[number];

/**
 * The purpose of a connection to Redis. `control`: what hosts agree on. `bell`: listening to one channel. `session`: session
 * bindings, which requests wait for.
 */
export const REDIS_ROLES = ['control', 'bell', 'session'] as const;
export type RedisRole = (typeof REDIS_ROLES)[number];

/**
 * The result of a call. `not_ready`: nothing was sent. `timeout` and `lost` (the connection broke): the call may have been
 * executed or may still be. `refused`: the server answered with an error and did not execute the call.
 */
export const REDIS_RESULTS = ['ok', 'not_ready', 'timeout', 'lost', 'refused'] as const;
export type RedisResult = (typeof REDIS_RESULTS)[number];
