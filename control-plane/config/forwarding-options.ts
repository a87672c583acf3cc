/** Options of how requests are forwarded, the same for all pools. Applied while running. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { DEFAULT_UPSTREAM_LIFE } from '#shared/settings.js';
import { duration, integer, percent, size } from './amount-options.js';
import { Expected, option, text, toggle } from './option.js';
import { formatDuration } from './quantities.js';

export const timeouts = z
  .strictObject({
    connect: duration({ min: '1ms', max: '5m' }, { describe: 'To connect to a backend.' }).prefault('2s'),
    request_head: duration(
      { min: '1ms', max: '1h' },
      { describe: 'From the first byte of a request to the end of its head.' },
    ).prefault('10s'),
    request_body_idle: duration(
      { min: '1ms', max: '24h' },
      { describe: 'Longest pause within a request body.' },
    ).prefault('30s'),
    response_head: duration(
      { min: '1ms', max: '24h' },
      {
        describe:
          'From the end of the request to the end of the response head; then 504. The time of attempts that ' +
          '`retry.per_try_timeout` ended counts, too.',
      },
    ).prefault('30s'),
    response_idle: duration(
      { min: '1ms', max: '24h' },
      { describe: 'Longest pause within a response body. Server-sent events may need more.' },
    ).prefault('5m'),
    keep_alive: duration(
      { min: '0', max: '24h' },
      { describe: 'How long an idle client connection is kept. 0: closed after each response.' },
    ).prefault('1m'),
    upstream_keep_alive: duration(
      { min: '0', max: '24h' },
      {
        describe:
          'How long an idle connection to a backend is kept. 0: one connection per request. Keep it below the ' +
          'backend’s own (5s in Node.js), or the backend may close just as a request is sent.',
      },
    ).prefault('4s'),
    tunnel_idle: duration(
      { min: '1ms', max: '24h' },
      { describe: 'Longest pause on an upgraded connection such as a WebSocket.' },
    ).prefault('1h'),
    shutdown: duration(
      { min: '0', max: '24h' },
      { describe: 'How long a worker waits for running requests when it shuts down.' },
    ).prefault('30s'),
  })
  .prefault({})
  .meta({ description: 'How long things may take.' });

export const limits = z
  .strictObject({
    head_size: size({ min: 1_024, max: 1_048_576 }, { describe: 'Head of a request or response.' }).prefault(
      '16KiB',
    ),
    header_count: integer({ min: 10, max: 2_000 }, { describe: 'Header fields of a message.' }).prefault(100),
    target_size: size({ min: 256, max: 1_048_576 }, { describe: 'Path and query of a request.' }).prefault(
      '8KiB',
    ),
    body_size: size(
      { min: 1, max: 1_099_511_627_776 },
      {
        describe:
          'Body of a request, without its framing. Beyond it: 413, before a backend is asked where Content-Length says so.',
        defaultText: 'no limit',
      },
    ).optional(),
    connections_per_worker: integer(
      { min: 1, max: 1_000_000 },
      { describe: 'Client connections per worker. Keep it below half of the limit of open files.' },
    ).prefault(10_000),
    requests_per_connection: integer(
      { min: 1, max: 1_000_000_000 },
      { describe: 'Requests after which a client connection is closed.' },
    ).prefault(10_000),
    connection_age: duration(
      { min: '1s', max: '30d' },
      { describe: 'Age at which a client connection is closed after its next response, varied by ±20 %.' },
    ).prefault('1h'),
    idle_per_backend: integer(
      { min: 0, max: 100_000 },
      { describe: 'Idle connections kept per backend and worker.' },
    ).prefault(128),
    upload_window: size(
      { min: 65_536, max: 16_777_216 },
      {
        describe:
          'Over HTTP/2, bytes of a request body that may be on their way: one window is all that comes in a round trip. ' +
          'Holds while at most 4 bodies come at once on a connection, and once 64KiB have come; else 64KiB.',
      },
    ).prefault('1MiB'),
    upstream_requests_per_connection: integer(
      { min: 1, max: 1_000_000_000 },
      { describe: 'Requests after which a connection to a backend is closed.' },
    ).prefault(DEFAULT_UPSTREAM_LIFE.requests),
    upstream_connection_age: duration(
      { min: '1s', max: '30d' },
      {
        describe:
          'Age at which a connection to a backend is closed after its present request, varied by ±20 %. A name is resolved ' +
          'anew for each connection, so this is how long traffic stays on the address that a name had before.',
      },
    ).prefault(formatDuration(DEFAULT_UPSTREAM_LIFE.ageMs)),
  })
  .prefault({})
  .meta({ description: 'How much is taken from one client or kept for one backend.' });

export const retry = z
  .strictObject({
    attempts: integer(
      { min: 1, max: 10 },
      {
        describe:
          'Attempts in all for one request, each on another backend: the first one counts, those that got no connection ' +
          'count. 1: no retries.',
      },
    ).prefault(3),
    on_stale: toggle({
      describe:
        'Whether GET, HEAD, OPTIONS, TRACE, PUT and DELETE are sent once more, on a new connection to the same backend, ' +
        'when a kept connection ends before a byte of the answer: the backend has closed it just when it was used. ' +
        'That is no attempt, and happens once per request, so that a request is sent `attempts` + 1 times at most. ' +
        'false: `attempts` times at most.',
    }).prefault(true),
    per_try_timeout: duration(
      { min: '1ms', max: '24h' },
      {
        describe:
          'How long one attempt waits for the response head, from the end of the request, while a further one is possible. ' +
          'Without it no request is sent again because an answer takes long.',
      },
    ).optional(),
    budget_percent: percent(
      { min: 0, max: 100 },
      {
        describe:
          'Retries allowed as a share of the requests of the last 10 s. Those after attempts that got no connection are free.',
      },
    ).prefault(20),
    budget_min: integer(
      { min: 0, max: 100_000 },
      { describe: 'Retries that are allowed in any case, a second and worker.' },
    ).prefault(10),
    buffer: size(
      { min: 0, max: 16_777_216 },
      { describe: 'Largest request body that is kept so that it can be sent again.' },
    ).prefault('64KiB'),
  })
  .prefault({})
  .meta({ description: 'When a failed attempt is repeated on another backend.' });

/** Networks in CIDR form, host bits zeroed, so that equal networks are equal texts. */
export const trustedProxies = z
  .array(
    option<string>(
      (raw) => (typeof raw === 'string' ? networkOf(raw) : null) ?? new Expected(NETWORK_EXPECTED),
      {
        describe: 'An address or a network.',
      },
      { type: 'string', 'x-unit': 'CIDR' },
    ),
  )
  .prefault([])
  .meta({
    description:
      'Proxies in front of Tidegate, as addresses or networks (`10.0.0.0/8`), whose `X-Forwarded-*` fields are believed.',
    'x-unit': 'list of CIDR',
  });

const NETWORK_EXPECTED = 'expected an address or network such as 10.0.0.0/8 or fd00::/8';

function networkOf(raw: string): string | null {
  const [address = '', bits, ...more] = raw.split('/');
  if (more.length > 0 || !isPlainAddress(address)) return null;
  const kind = ipaddr.parse(address).kind();
  const most = kind === 'ipv4' ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return null;
  const network = `${address}/${bits ?? most}`;
  const base =
    kind === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(network)
      : ipaddr.IPv6.networkAddressFromCIDR(network);
  return `${base.toString()}/${Number(bits ?? most)}`;
}

/** Without the short and octal forms of IPv4 and without a zone. */
function isPlainAddress(address: string): boolean {
  return (
    ipaddr.IPv4.isValidFourPartDecimal(address) ||
    (address.includes(':') && !address.includes('%') && ipaddr.IPv6.isValid(address))
  );
}

export const metrics = z
  .strictObject({
    prometheus: z
      .strictObject({
        enabled: toggle({ describe: 'Whether the main listener answers with the metrics too.' }).prefault(
          false,
        ),
        path: text(
          {
            unit: 'a path',
            problemOf: (value) =>
              /^\/[A-Za-z0-9._~/-]*$/.test(value) ? null : 'expected a path such as /metrics, without query',
          },
          { describe: 'Path of the metrics on the main listener. It hides the same path of the backends.' },
        ).prefault('/metrics'),
      })
      .prefault({})
      .meta({ description: 'Metrics in the text format of Prometheus.' }),
  })
  .prefault({})
  .meta({ description: 'Metrics. The admin listener always has them at `/metrics`.' });
