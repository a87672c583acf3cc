/** Arbitrary sound messages and snapshots, for laws that hold for all of them. */
import { limits, retry, timeouts } from '../../shared/settings/forwarding.js';
import { route } from '../../shared/settings/backend.js';
import { poolForWorkers } from '../../shared/settings/pool.js';
import { arbitrarySettings } from './arbitrary-settings.js';
import fc, { type Arbitrary } from 'fast-check';
import { MAX_ATTEMPTS_PER_REPORT } from '../../shared/decode.js';
import { backendId, poolId } from '../../shared/ids.js';
import type { PrimaryMessage, WorkerMessage } from '../../shared/message.js';
import { FAILURE_REASONS } from '../../shared/outcome.js';
import type { RedisAccess } from '../../shared/redis-access.js';
import type { ForwardingSettings } from '../../shared/settings.js';
import type { PoolSnapshot, PoolWithoutSettings, Snapshot } from '../../shared/snapshot.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/;
const pool = fc.stringMatching(NAME).map(poolId);
const backend = fc.stringMatching(NAME).map(backendId);
const count = fc.nat();
const attempts = fc.nat({ max: MAX_ATTEMPTS_PER_REPORT });
const words = fc.string({ maxLength: 40 });
const millis = fc.double({ min: 0, max: 1e12, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const position = { epoch: count, version: count };
const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const active = fc.array(fc.record({ pool, backend, active: count }), { maxLength: 4 });
const type = <T extends string>(value: T) => fc.constant(value);

const outcomes = fc.record({
  resolved: fc.array(words, { maxLength: 3 }),
  pool,
  backend,
  generation: count,
  successes: attempts,
  failures: fc.dictionary(fc.constantFrom(...FAILURE_REASONS), attempts, { noNullPrototype: true }),
  trials: fc.array(
    fc.record(
      {
        permit: count,
        result: fc.constantFrom<'success' | 'failure' | null>('success', 'failure', null),
        returned: fc.boolean(),
        reason: fc.constantFrom(...FAILURE_REASONS),
        status: fc.integer({ min: 100, max: 599 }),
      },
      { requiredKeys: ['permit', 'result', 'returned'] },
    ),
    { maxLength: 3 },
  ),
});

const series = fc.record(
  { metric: words, labels: fc.array(words, { maxLength: 4 }), part: words },
  { requiredKeys: ['metric', 'labels'] },
);

const increments = fc
  .array(fc.tuple(count, millis), { maxLength: 5 })
  .map((pairs) => new Float64Array(pairs.flat()));

const sessionRequest = {
  type: type('session'),
  id: count,
  pool,
  session: fc.stringMatching(/^[A-Za-z0-9_-]{22}$/),
  lifetime: fc.record({ idleMs: millis, remainingMs: millis }),
};

export const workerMessages: Arbitrary<WorkerMessage> = fc.oneof(
  fc.record({ type: type('hello'), protocol: count, pid: count }),
  fc.record({ type: type('ready'), port: fc.nat(65_535) }),
  fc.record({ type: type('listen-failed'), code: words, message: words }),
  fc.record({ type: type('ack'), ...position }),
  fc.record({ type: type('nack'), ...position, reason: words }),
  fc.record(
    {
      type: type('report'),
      outcomes: fc.array(outcomes, { maxLength: 3 }),
      active,
      waiting: fc.array(fc.record({ pool, waiting: count }), { maxLength: 2 }),
      connections: count,
      redisGuarded: fc.boolean(),
    },
    { requiredKeys: ['type', 'outcomes', 'connections'] },
  ),
  fc.record({
    type: type('metrics'),
    series: fc.array(series, { maxLength: 3 }),
    firstSeries: count,
    values: increments,
  }),
  fc.record({ ...sessionRequest, operation: fc.constant('lookup' as const) }),
  fc.record({ ...sessionRequest, operation: type('bind'), to: backend }),
  fc.record({ ...sessionRequest, operation: type('rebind'), from: backend, to: backend }),
  fc.record({ type: type('metrics-request'), id: count }),
  fc.record({ type: type('flushed'), id: count }),
);

const certificate = fc.record({ certPem: words, keyPem: words, ticketKeys: bytes(48, 48) });

const server = fc.record({ host: words, port: fc.integer({ min: 1, max: 65_535 }) });
const redisAccess: Arbitrary<RedisAccess> = fc.record({
  servers: fc.oneof(
    server.map(({ host, port }) => ({ kind: 'single' as const, host, port, db: 0 })),
    fc.record({
      kind: fc.constant('sentinel' as const),
      sentinels: fc.array(server, { maxLength: 2 }),
      name: words,
    }),
    fc.record({ kind: fc.constant('cluster' as const), nodes: fc.array(server, { maxLength: 2 }) }),
  ),
  username: fc.option(words),
  password: fc.option(words),
  sentinelPassword: fc.option(words),
  tls: fc.option(
    fc.record({
      ca: fc.option(words),
      client: fc.option(fc.record({ cert: words, key: words })),
      serverName: fc.option(words),
    }),
  ),
});

export const primaryMessages: Arbitrary<PrimaryMessage> = fc.oneof(
  fc.record({
    type: type('welcome'),
    protocol: count,
    worker: count,
    listener: fc.record(
      {
        host: words,
        port: fc.nat(65_535),
        tls: fc.boolean(),
        h2: fc.boolean(),
        reusePort: fc.boolean(),
        inherited: fc.record({ offeredIn: words }),
      },
      { requiredKeys: ['host', 'port', 'tls', 'h2', 'reusePort'] },
    ),
    engine: fc.constantFrom('native', 'compat'),
    certificate: fc.option(certificate),
    sessionKeys: fc.array(fc.record({ kid: words, secret: bytes(1, 40) }), { maxLength: 2 }),
    sessions: fc.oneof(
      fc.record({ kind: fc.constant('primary' as const) }),
      fc.record({ kind: fc.constant('redis' as const), access: redisAccess, prefix: words }),
    ),
    log: fc.record({ level: words, format: fc.constantFrom('json', 'pretty') }),
  }),
  fc.record({ type: type('snapshot'), ...position, payload: bytes(1, 30) }),
  fc.record({ type: type('load'), backends: active }),
  fc.record({ type: type('certificate'), certificate }),
  fc.record({
    type: type('session-reply'),
    id: count,
    backend: fc.oneof(backend, fc.constant(null), fc.constant(undefined)),
  }),
  fc.record({ type: type('metrics-reply'), id: count, contentType: words, body: words }),
  fc.record({ type: type('flush'), id: count }),
  fc.record({ type: type('shutdown'), deadlineMs: millis }),
);

const forwarding: Arbitrary<ForwardingSettings> = fc.record({
  retry: arbitrarySettings(retry),
  timeouts: arbitrarySettings(timeouts),
  limits: arbitrarySettings(limits),
  trustedProxies: fc.array(words, { maxLength: 2 }),
  metricsPath: fc.option(words),
  accessLogRatio: share,
});

const poolsWithoutSettings: Arbitrary<PoolWithoutSettings> = fc.record(
  {
    id: pool,
    version: count,
    panic: fc.boolean(),
    backends: fc.array(
      fc.record(
        {
          id: backend,
          address: fc.record({
            protocol: fc.constantFrom('http', 'https'),
            host: words,
            port: fc.integer({ min: 1, max: 65_535 }),
          }),
          weight: fc.nat(1_000),
          availability: fc.constantFrom(
            'available',
            'trial',
            'draining',
            'unchecked',
            'unhealthy',
            'ejected',
            'maintenance',
          ),
          admin: fc.constantFrom('ready', 'draining', 'maintenance'),
          generation: count,
          permits: fc.array(fc.record({ permit: count, worker: count }), { maxLength: 2 }),
          maxConnections: fc.integer({ min: 1, max: 1_000_000 }),
        },
        { requiredKeys: ['id', 'address', 'weight', 'availability', 'admin', 'generation', 'permits'] },
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['id', 'version', 'panic', 'backends'] },
);
const poolSnapshots: Arbitrary<PoolSnapshot> = fc
  .tuple(poolsWithoutSettings, arbitrarySettings(poolForWorkers))
  .map(([pool, settings]) => ({ ...pool, ...settings }));

const routes = fc.array(arbitrarySettings(route), { maxLength: 3 });

export const snapshots: Arbitrary<Snapshot> = fc.record({
  ...position,
  seq: count,
  at: millis,
  forwarding,
  routes,
  pools: fc.array(poolSnapshots, { maxLength: 3 }),
});
