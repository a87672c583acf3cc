/** Settings of a pool. In the short form of the file they are at its top level and define the pool `default`. */
import { ALGORITHMS } from './algorithms.js';
import { duration, integer, percent, share } from './amounts.js';
import { poolRetry, poolTimeouts } from './forwarding.js';
import { choice, text } from './kind.js';
import { healthCheck } from './health-check.js';
import {
  derived,
  group,
  optional,
  optionalGroup,
  part,
  section,
  setting,
  switched,
  variants,
  type SettingsOf,
} from './section.js';

export const breaker = section(
  {
    /** Also the minimum number of attempts. */
    failureThreshold: setting('failure_threshold', integer(1, 100_000), 5, {
      means: 'Failures within the window that open the breaker, if the ratio agrees.',
    }),
    failureRatio: setting('failure_ratio', share(0, 1), 0.5, {
      means: 'Share of failed attempts within the window from which the breaker opens.',
    }),
    windowMs: setting('window', duration('1s', '10m'), '10s', { means: 'How far back attempts count.' }),
    resetTimeoutMs: setting('reset_timeout', duration('100ms', '1h'), '30s', {
      means: 'How long the first opening lasts. Doubles with each consecutive opening.',
    }),
    maxResetTimeoutMs: derived('max_reset_timeout', duration('100ms', '24h'), {
      means: 'Longest opening.',
      defaultText: '5m, or reset_timeout if longer',
    }),
    halfOpenLimit: setting('half_open_limit', integer(1, 1_000), 3, {
      means: 'Trials that may be in flight at once to a half-open backend, over all workers.',
    }),
    halfOpenSuccesses: derived('half_open_successes', integer(1, 1_000), {
      means: 'Successful trials that close the breaker.',
      defaultText: 'half_open_limit',
    }),
    maxEjectionPercent: setting('max_ejection_percent', percent(0, 100), 50, {
      means: 'Share of a pool’s ready backends that breakers may take out before all are used again (panic).',
    }),
  },
  {
    rules: [{ key: 'maxResetTimeoutMs', atLeast: 'resetTimeoutMs' }],
    derive: {
      maxResetTimeoutMs: ({ resetTimeoutMs }) => Math.max(300_000, resetTimeoutMs),
      halfOpenSuccesses: ({ halfOpenLimit }) => halfOpenLimit,
    },
  },
);
export type BreakerSettings = SettingsOf<typeof breaker>;

const COOKIE_NAME = /^(?!__(?:Host|Secure)-)[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}$/i;

/** Default name of the session cookie. Each pool has its own name, because each has its own sessions. */
export function defaultCookieName(pool: string): string {
  return `tidegate_${pool}`;
}

const cookieSticky = section(
  {
    /** Base name. Over TLS, the cookie is sent as `__Host-` plus this name. */
    cookieName: derived(
      'cookie_name',
      text({
        unit: 'a cookie name',
        problemOf: (value) =>
          COOKIE_NAME.test(value)
            ? null
            : 'expected a cookie name of 1 to 80 token characters, without the prefix __Host- or __Secure-',
        max: 80,
      }),
      {
        means:
          'Name of the cookie. Over TLS it is sent with the prefix `__Host-`. Of two Tidegates in series each needs a name of its own: set it in one of them, or each overwrites the cookie of the other.',
        defaultText: '`tidegate_` and the name of the pool, such as `tidegate_default`',
      },
    ),
    /** Restarts with each use. */
    idleTimeoutMs: setting('timeout', duration('1s', '365d'), '1h', {
      means: 'A session not used for this long is forgotten.',
    }),
    /** Does not restart. */
    absoluteTimeoutMs: derived('absolute_timeout', duration('1s', '365d'), {
      means: 'A session older than this is forgotten.',
      defaultText: '24h, or timeout if longer',
    }),
  },
  {
    rules: [{ key: 'absoluteTimeoutMs', atLeast: 'idleTimeoutMs' }],
    derive: {
      cookieName: (_settings, { pool }) => defaultCookieName(pool),
      absoluteTimeoutMs: ({ idleTimeoutMs }) => Math.max(86_400_000, idleTimeoutMs),
    },
  },
);

const ipSticky = section({
  prefix4: setting('ipv4_prefix', integer(0, 32), 32, {
    means: 'With `type: ip`, bits of an IPv4 address that make a client.',
  }),
  prefix6: setting('ipv6_prefix', integer(0, 128), 64, {
    means: 'With `type: ip`, bits of an IPv6 address that make a client.',
  }),
});

export const sticky = variants(
  'type',
  setting('type', choice(['cookie', 'ip']), 'cookie', {
    means: 'What makes a session: a signed cookie, or the client’s address.',
  }),
  { cookie: cookieSticky, ip: ipSticky },
);
export type StickySettings = SettingsOf<typeof sticky>;
export type CookieStickySettings = Extract<StickySettings, { type: 'cookie' }>;
export type IpStickySettings = Extract<StickySettings, { type: 'ip' }>;

/** Handles requests while all backends that could serve them are at their limit. */
export const queue = section({
  maxPending: setting('max_pending', integer(0, 100_000), 128, {
    means:
      'Requests of the pool that may wait in one worker. Further ones are answered 503 `queue_full` at once.',
    beyond: '503 `queue_full`',
  }),
  timeoutMs: setting('timeout', duration('1ms', '1h'), '5s', {
    means: 'How long one request may wait in all. Then it is answered 503 `queue_timeout`.',
    beyond: '503 `queue_timeout`',
  }),
});
export type QueueSettings = SettingsOf<typeof queue>;

export const algorithm = choice(ALGORITHMS);

/** How many attempts this host may have in flight to a backend. */
export const connectionLimit = integer(1, 1_000_000);

/** In the order of the reference. In the file, the backends of a pool follow the algorithm. */
export const pool = section({
  algorithm: setting('algorithm', algorithm, 'round-robin', {
    means: 'How a backend is picked for a request.',
  }),
  /** When off, backends take traffic as soon as they are added. */
  healthCheck: switched('health_check', healthCheck, {
    isOn: false,
    means: 'Active checks. Absent: none, a backend takes traffic as soon as it is added.',
    enabledMeans: 'Whether backends are checked.',
  }),
  breaker: switched('circuit_breaker', breaker, {
    isOn: true,
    means: 'Takes a backend out when real traffic to it fails. On by default.',
    enabledMeans: 'Whether failing backends are taken out.',
  }),
  maxConnections: optional('max_connections', connectionLimit, {
    means:
      'Requests and tunnels in flight that this host gives each backend at once; beyond that they wait. Each worker ' +
      'has a whole share, at least 1. Health checks come on top.',
    defaultText: 'no limit',
    beyond: 'waits in the queue of its pool',
  }),
  queue: group(
    'queue',
    queue,
    'What becomes of requests while all backends that could serve them are at their limit.',
  ),
  /** When off, each request is balanced independently. */
  sticky: switched('sticky_session', sticky, {
    isOn: false,
    means: 'Keeps a client on one backend. Absent: every request is balanced by itself.',
    enabledMeans: 'Whether sessions stay on one backend.',
  }),
  /**
   * The short form of the file has no such settings for its one pool, because there the same names mean the settings of the
   * file.
   */
  timeouts: optionalGroup('timeouts', poolTimeouts, 'Over `timeouts` of the file, setting by setting.'),
  retry: optionalGroup('retry', poolRetry, 'Over `retry` of the file, setting by setting.'),
});
export type PoolSettings = SettingsOf<typeof pool>;

/**
 * What workers are told of these settings. A setting that workers use has to be named here: then snapshots have it, and its
 * type is part of `PoolSnapshot`.
 */
export const poolForWorkers = part(pool, ['algorithm', 'queue', 'sticky', 'timeouts', 'retry']);
export type PoolSettingsForWorkers = SettingsOf<typeof poolForWorkers>;
