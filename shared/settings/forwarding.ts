/**
 * How requests are forwarded: settings for all pools, and those that a pool or a route may override. They can change at run
 * time.
 */
import { duration, integer, percent, size } from './amounts.js';
import { text, toggle } from './kind.js';
import { overriding } from './overriding.js';
import { optional, section, setting, type SettingsOf } from './section.js';

export const timeouts = section({
  connectMs: setting('connect', duration('1ms', '5m'), '2s', {
    means: 'To connect to a backend.',
    beyond: 'another backend, or 502 `upstream_connect`',
  }),
  requestHeadMs: setting('request_head', duration('1ms', '1h'), '10s', {
    means: 'From the first byte of a request to the end of its head.',
    beyond: '408 `request_timeout`; closed where nothing was sent',
  }),
  requestBodyIdleMs: setting('request_body_idle', duration('1ms', '24h'), '30s', {
    means: 'Longest pause within a request body.',
    beyond: '408, or cut where the answer has begun',
  }),
  responseHeadMs: setting('response_head', duration('1ms', '24h'), '30s', {
    means:
      'From the end of the request to the end of the response head; then 504. The time of attempts that ' +
      '`retry.per_try_timeout` ended counts, too.',
    beyond: '504 `upstream_timeout`',
  }),
  responseIdleMs: setting('response_idle', duration('1ms', '24h'), '5m', {
    means: 'Longest pause within a response body. Server-sent events may need more.',
    beyond: 'cut; the backend is blamed unless the client did not read',
  }),
  keepAliveMs: setting('keep_alive', duration('0', '24h'), '1m', {
    means: 'How long an idle client connection is kept. 0: closed after each response.',
    beyond: 'closed',
  }),
  upstreamKeepAliveMs: setting('upstream_keep_alive', duration('0', '24h'), '4s', {
    means:
      'How long an idle connection to a backend is kept. 0: one connection per request. Keep it below the ' +
      'backend’s own (5s in Node.js), or the backend may close just as a request is sent.',
    beyond: 'closed',
  }),
  tunnelIdleMs: setting('tunnel_idle', duration('1ms', '24h'), '1h', {
    means: 'Longest pause on an upgraded connection such as a WebSocket.',
    beyond: 'both sides cut',
  }),
  shutdownMs: setting('shutdown', duration('0', '24h'), '30s', {
    means: 'How long a worker waits for running requests when it shuts down.',
    beyond: 'cut',
  }),
});
export type TimeoutSettings = SettingsOf<typeof timeouts>;

/** Timeouts that apply once the pool and the route of a request are known. */
const ROUTE_TIMEOUTS = [
  'connectMs',
  'requestBodyIdleMs',
  'responseHeadMs',
  'responseIdleMs',
  'tunnelIdleMs',
] as const;

/** Timeouts of client connections and of the process. */
const TIMEOUTS_OF_THE_FILE = {
  requestHeadMs:
    'expected in timeouts of the file, because the head of a request is read before its pool and route are known',
  keepAliveMs:
    'expected in timeouts of the file, because the next request on a connection may be for any pool and route',
  shutdownMs:
    'expected in timeouts of the file, because a worker shuts down for all pools and routes at once',
};

export const poolTimeouts = overriding(timeouts, {
  keys: [...ROUTE_TIMEOUTS, 'upstreamKeepAliveMs'],
  elsewhere: TIMEOUTS_OF_THE_FILE,
  defaultText: 'as in the file',
});

export const routeTimeouts = overriding(timeouts, {
  keys: ROUTE_TIMEOUTS,
  elsewhere: {
    ...TIMEOUTS_OF_THE_FILE,
    upstreamKeepAliveMs:
      'expected in timeouts of the pool, because all its routes share the connections to its backends',
  },
  defaultText: 'as in the pool',
});

export const limits = section({
  headBytes: setting('head_size', size(1_024, 1_048_576), '16KiB', {
    means: 'Head of a request or response.',
    beyond: '431 `head_too_large`; 502 `upstream_malformed`; over HTTP/2 reset at twice as much',
  }),
  headerCount: setting('header_count', integer(10, 2_000), 100, {
    means: 'Header fields of a message.',
    beyond: '431 `head_too_large`; 502 `upstream_malformed`; over HTTP/2 each crumb of a cookie counts',
  }),
  targetBytes: setting('target_size', size(256, 1_048_576), '8KiB', {
    means: 'Path and query of a request.',
    beyond: '414 `target_too_long`',
  }),
  bodyBytes: optional('body_size', size(1, 1_099_511_627_776), {
    means:
      'Body of a request, without its framing. Beyond it: 413, before a backend is asked where Content-Length says so.',
    defaultText: 'no limit',
    beyond: '413 `body_too_large`, or cut where the answer has begun',
  }),
  connectionsPerWorker: setting('connections_per_worker', integer(1, 1_000_000), 10_000, {
    means: 'Client connections per worker. Keep it below half of the limit of open files.',
    beyond: 'closed at once, `limit`',
  }),
  requestsPerConnection: setting('requests_per_connection', integer(1, 1_000_000_000), 10_000, {
    means: 'Requests after which a client connection is closed.',
    beyond: '`Connection: close`',
  }),
  connectionAgeMs: setting('connection_age', duration('1s', '30d'), '1h', {
    means: 'Age at which a client connection is closed after its next response, varied by ±20 %.',
    beyond: '`Connection: close`',
  }),
  idlePerBackend: setting('idle_per_backend', integer(0, 100_000), 128, {
    means: 'Idle connections kept per backend and worker.',
    beyond: 'closed',
  }),
  uploadWindowBytes: setting('upload_window', size(65_536, 16_777_216), '1MiB', {
    means:
      'Over HTTP/2, bytes of a request body that may be on their way: one window is all that comes in a round trip. ' +
      'Holds while at most 4 bodies come at once on a connection, and once 64KiB have come; else 64KiB.',
    beyond: 'the client waits',
  }),
  upstreamRequestsPerConnection: setting(
    'upstream_requests_per_connection',
    integer(1, 1_000_000_000),
    10_000,
    { means: 'Requests after which a connection to a backend is closed.', beyond: 'closed' },
  ),
  upstreamConnectionAgeMs: setting('upstream_connection_age', duration('1s', '30d'), '5m', {
    means:
      'Age at which a connection to a backend is closed after its present request, varied by ±20 %. A name is resolved ' +
      'anew for each connection, so this is how long traffic stays on the address that a name had before.',
    beyond: 'closed after its present request',
  }),
});
export type LimitSettings = SettingsOf<typeof limits>;

export const retry = section({
  attempts: setting('attempts', integer(1, 10), 3, {
    means:
      'Attempts in all for one request, each on another backend: the first one counts, those that got no connection ' +
      'count. 1: no retries.',
    beyond: 'what came of the last attempt',
  }),
  onStale: setting('on_stale', toggle, true, {
    means:
      'Whether GET, HEAD, OPTIONS, TRACE, PUT and DELETE are sent once more, on a new connection to the same backend, ' +
      'when a kept connection ends before a byte of the answer: the backend has closed it just when it was used. ' +
      'That is no attempt, and happens once per request, so that a request is sent `attempts` + 1 times at most. ' +
      'false: `attempts` times at most.',
  }),
  perTryTimeoutMs: optional('per_try_timeout', duration('1ms', '24h'), {
    means:
      'How long one attempt waits for the response head, from the end of the request, while a further one is possible. ' +
      'Without it, or with as long a time as `timeouts.response_head`, no request is sent again because an answer takes long.',
    beyond: 'another backend',
  }),
  budgetPercent: setting('budget_percent', percent(0, 100), 20, {
    means:
      'Retries allowed as a share of the requests of the last 10 s. Those after attempts that got no connection are free.',
  }),
  budgetMin: setting('budget_min', integer(0, 100_000), 10, {
    means: 'Retries that are allowed in any case, a second and worker.',
  }),
  bufferBytes: setting('buffer', size(0, 16_777_216), '64KiB', {
    means: 'Largest request body that is kept so that it can be sent again.',
    beyond: 'no further attempt',
  }),
});
export type RetrySettings = SettingsOf<typeof retry>;

const RETRY_OF_A_REQUEST = ['attempts', 'onStale', 'perTryTimeoutMs', 'bufferBytes'] as const;

const BUDGET = 'expected in retry of the file, because the requests to all pools and routes share one budget';
const RETRY_OF_THE_FILE = { budgetPercent: BUDGET, budgetMin: BUDGET };

export const poolRetry = overriding(retry, {
  keys: RETRY_OF_A_REQUEST,
  elsewhere: RETRY_OF_THE_FILE,
  defaultText: 'as in the file',
});

export const routeRetry = overriding(retry, {
  keys: RETRY_OF_A_REQUEST,
  elsewhere: RETRY_OF_THE_FILE,
  defaultText: 'as in the pool',
});

/** Path of the metrics on the main listener. */
export const metricsPath = text({
  unit: 'a path',
  problemOf: (value) =>
    /^\/[A-Za-z0-9._~/-]*$/.test(value) ? null : 'expected a path such as /metrics, without query',
  max: 8_192,
});
