/**
 * Shapes of settings, as events and snapshots carry them. They guard the reader's types, not the user's intent:
 * sensible ranges and defaults are declared where the configuration file is parsed.
 */
import { NAME_PATTERN } from './ids.js';
import type { BackendId, PoolId } from './ids.js';
import { MAX_ADDRESSES } from './resolved-names.js';
import { finite, flag, integer, list, nullable, oneOf, record, text, variants } from './shape.js';
import type {
  Algorithm,
  BackendAddress,
  BackendDefinition,
  BreakerSettings,
  ConfigDocument,
  ForwardingSettings,
  HealthCheckSettings,
  LimitSettings,
  PoolDefinition,
  PoolSettings,
  QueueSettings,
  RetrySettings,
  Route,
  StatusRange,
  StickySettings,
  TimeoutSettings,
} from './settings.js';

/** Longest list of backends, pools or routes that is read from outside. */
export const MAX_LISTED = 100_000;
/** Longest free text, UTF-16 units: paths, reasons, error messages. */
export const MAX_TEXT = 8_192;
const MAX_NAME = 64;
const MAX_HOST = 255;
/** An IPv6 address with a zone is no longer. */
const MAX_ADDRESS = 128;

export const poolName = text<PoolId>(MAX_NAME, NAME_PATTERN);
export const backendName = text<BackendId>(MAX_NAME, NAME_PATTERN);
export const freeText = text(MAX_TEXT);
export const count = integer(0);
/** Milliseconds, a time or a duration; fractions are allowed. */
export const millis = finite(0, Number.MAX_SAFE_INTEGER);
export const algorithm = oneOf<Algorithm>(
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'random',
);
const share = finite(0, 1);
const percent = finite(0, 100);

export const backendAddress = record<BackendAddress>({
  protocol: oneOf('http', 'https'),
  host: text(MAX_HOST),
  port: integer(1, 65_535),
});

export const weight = integer(0, 1_000_000);

export const maxConnections = integer(1);

export const backendDefinition = record<BackendDefinition>(
  { id: backendName, address: backendAddress, weight },
  { maxConnections },
);

const statusRange = record<StatusRange>({ from: integer(100, 599), to: integer(100, 599) });

const healthCheck = record<HealthCheckSettings>({
  path: freeText,
  intervalMs: millis,
  fastIntervalMs: millis,
  timeoutMs: millis,
  failureThreshold: count,
  successThreshold: count,
  expectedStatus: list(statusRange, MAX_LISTED),
  jitter: share,
});

const breaker = record<BreakerSettings>({
  failureThreshold: count,
  failureRatio: share,
  windowMs: millis,
  resetTimeoutMs: millis,
  maxResetTimeoutMs: millis,
  halfOpenLimit: count,
  halfOpenSuccesses: count,
  maxEjectionPercent: percent,
});

export const sticky = variants<'type', StickySettings>('type', {
  cookie: record({
    type: oneOf('cookie'),
    cookieName: text(MAX_HOST),
    idleTimeoutMs: millis,
    absoluteTimeoutMs: millis,
  }),
  ip: record({ type: oneOf('ip'), prefix4: integer(0, 32), prefix6: integer(0, 128) }),
});

export const queue = record<QueueSettings>({ maxPending: count, timeoutMs: millis });

/** What a name stands for. */
export const addresses = list(text(MAX_ADDRESS), MAX_ADDRESSES);

export const poolSettings = record<PoolSettings>(
  {
    algorithm,
    healthCheck: nullable(healthCheck),
    breaker: nullable(breaker),
    sticky: nullable(sticky),
  },
  { maxConnections, queue },
);

export const route = record<Route>({ host: nullable(text(MAX_HOST)), pathPrefix: freeText, pool: poolName });

export const forwarding = record<ForwardingSettings>({
  retry: record<RetrySettings>(
    {
      attempts: count,
      budgetPercent: percent,
      budgetMin: finite(0, Number.MAX_SAFE_INTEGER),
      bufferBytes: count,
    },
    { perTryTimeoutMs: millis, onStale: flag },
  ),
  timeouts: record<TimeoutSettings>({
    connectMs: millis,
    requestHeadMs: millis,
    requestBodyIdleMs: millis,
    responseHeadMs: millis,
    responseIdleMs: millis,
    keepAliveMs: millis,
    upstreamKeepAliveMs: millis,
    tunnelIdleMs: millis,
    shutdownMs: millis,
  }),
  limits: record<LimitSettings>(
    {
      headBytes: count,
      headerCount: count,
      targetBytes: count,
      connectionsPerWorker: count,
      requestsPerConnection: count,
      connectionAgeMs: millis,
      idlePerBackend: count,
    },
    {
      bodyBytes: count,
      uploadWindowBytes: count,
      upstreamRequestsPerConnection: count,
      upstreamConnectionAgeMs: millis,
    },
  ),
  trustedProxies: list(text(MAX_HOST), MAX_LISTED),
  metricsPath: nullable(freeText),
  accessLogRatio: share,
});

export const configDocument = record<ConfigDocument>({
  forwarding,
  pools: list(
    record<PoolDefinition>({
      id: poolName,
      settings: poolSettings,
      backends: list(backendDefinition, MAX_LISTED),
    }),
    MAX_LISTED,
  ),
  routes: list(route, MAX_LISTED),
});
