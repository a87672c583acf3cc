/**
 * Options of a pool. In the short form they stand at the top level of the file and make the pool `default`; in the
 * long form each entry of `pools` has them.
 */
import { z } from 'zod';
import { backend, maxConnections } from './backend-options.js';
import { healthCheck } from './health-check-options.js';
import { always, number } from './ordered.js';
import { ALGORITHMS, DEFAULT_QUEUE } from '#shared/settings.js';
import { duration, integer, percent, share } from './amount-options.js';
import { formatDuration } from './quantities.js';
import { choice, text, toggle } from './option.js';

const circuitBreaker = z
  .strictObject({
    enabled: toggle({ describe: 'Whether failing backends are taken out.' }).prefault(true),
    failure_threshold: integer(
      { min: 1, max: 100_000 },
      { describe: 'Failures within the window that open the breaker, if the ratio agrees.' },
    ).prefault(5),
    failure_ratio: share(
      { min: 0, max: 1 },
      { describe: 'Share of failed attempts within the window from which the breaker opens.' },
    ).prefault(0.5),
    window: duration({ min: '1s', max: '10m' }, { describe: 'How far back attempts count.' }).prefault('10s'),
    reset_timeout: duration(
      { min: '100ms', max: '1h' },
      { describe: 'How long the first opening lasts. Doubles with each consecutive opening.' },
    ).prefault('30s'),
    max_reset_timeout: duration(
      { min: '100ms', max: '24h' },
      { describe: 'Longest opening.', defaultText: '5m, or reset_timeout if longer' },
    ).optional(),
    half_open_limit: integer(
      { min: 1, max: 1_000 },
      { describe: 'Trials that may be in flight at once to a half-open backend, over all workers.' },
    ).prefault(3),
    half_open_successes: integer(
      { min: 1, max: 1_000 },
      { describe: 'Successful trials that close the breaker.', defaultText: 'half_open_limit' },
    ).optional(),
    max_ejection_percent: percent(
      { min: 0, max: 100 },
      {
        describe:
          'Share of a pool’s ready backends that breakers may take out before all are used again (panic).',
      },
    ).prefault(50),
  })
  .refine((breaker) => !(number(breaker.max_reset_timeout) < number(breaker.reset_timeout)), {
    path: ['max_reset_timeout'],
    message: 'expected at least the reset_timeout',
    ...always,
  })
  .prefault({})
  .meta({ description: 'Takes a backend out when real traffic to it fails. On by default.' });

const stickySession = z
  .strictObject({
    enabled: toggle({ describe: 'Whether sessions stay on one backend.' }).prefault(true),
    type: choice(['cookie', 'ip'], {
      describe: 'What makes a session: a signed cookie, or the client’s address.',
    }).prefault('cookie'),
    cookie_name: text(
      {
        unit: 'a cookie name',
        problemOf: (value) =>
          /^(?!__(?:Host|Secure)-)[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}$/i.test(value)
            ? null
            : 'expected a cookie name of 1 to 80 token characters, without the prefix __Host- or __Secure-',
      },
      {
        describe:
          'Name of the cookie. Over TLS it is sent with the prefix `__Host-`. Of two Tidegates in series each needs a name of its own: set it in one of them, or each overwrites the cookie of the other.',
        defaultText: '`tidegate_` and the name of the pool, such as `tidegate_default`',
      },
    ).optional(),
    timeout: duration(
      { min: '1s', max: '365d' },
      { describe: 'A session not used for this long is forgotten.' },
    ).prefault('1h'),
    absolute_timeout: duration(
      { min: '1s', max: '365d' },
      { describe: 'A session older than this is forgotten.', defaultText: '24h, or timeout if longer' },
    ).optional(),
    ipv4_prefix: integer(
      { min: 0, max: 32 },
      { describe: 'With `type: ip`, bits of an IPv4 address that make a client.' },
    ).prefault(32),
    ipv6_prefix: integer(
      { min: 0, max: 128 },
      { describe: 'With `type: ip`, bits of an IPv6 address that make a client.' },
    ).prefault(64),
  })
  .refine((sticky) => !(number(sticky.absolute_timeout) < number(sticky.timeout)), {
    path: ['absolute_timeout'],
    message: 'expected at least the timeout',
    ...always,
  })
  .meta({ description: 'Keeps a client on one backend. Absent: every request is balanced by itself.' });

const queue = z
  .strictObject({
    max_pending: integer(
      { min: 0, max: 100_000 },
      {
        describe:
          'Requests of the pool that may wait in one worker. Further ones are answered 503 `queue_full` at once.',
      },
    ).prefault(DEFAULT_QUEUE.maxPending),
    timeout: duration(
      { min: '1ms', max: '1h' },
      { describe: 'How long one request may wait in all. Then it is answered 503 `queue_timeout`.' },
    ).prefault(formatDuration(DEFAULT_QUEUE.timeoutMs)),
  })
  .prefault({})
  .meta({
    description: 'What becomes of requests while all backends that could serve them are at their limit.',
  });

/** The keys of a pool, in the order of the reference. */
export const poolShape = {
  algorithm: choice(ALGORITHMS, { describe: 'How a backend is picked for a request.' }).prefault(
    'round-robin',
  ),
  backends: z.array(backend).meta({
    description: 'The servers of the pool. `[]`: it is filled at run time through the API.',
    'x-unit': 'list',
    'x-default': 'required',
  }),
  health_check: healthCheck.optional(),
  circuit_breaker: circuitBreaker,
  max_connections: maxConnections({
    describe:
      'Requests and tunnels in flight that this host gives each backend at once; beyond that they wait. Each worker ' +
      'has a whole share, at least 1. Health checks come on top.',
    defaultText: 'no limit',
  }),
  queue,
  sticky_session: stickySession.optional(),
};

export const pool = z
  .strictObject(poolShape)
  .meta({ description: 'One set of backends that share settings.' });

export type PoolInput = z.output<typeof pool>;
