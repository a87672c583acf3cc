/** From a checked configuration file to the normal form that the rest of Tidegate uses. Nothing can fail here. */
import { resolve } from 'node:path';
import { backendId, poolId } from '#shared/ids.js';
import { DEFAULT_QUEUE, DEFAULT_UPSTREAM_LIFE, defaultCookieName } from '#shared/settings.js';
import type {
  BreakerSettings,
  ConfigDocument,
  ForwardingSettings,
  HealthCheckSettings,
  LimitSettings,
  PoolDefinition,
  PoolSettings,
  Route,
  StickySettings,
} from '#shared/settings.js';
import type { CommonInput, LongFormInput, ShortFormInput } from './config-schema.js';
import type { PoolInput } from './pool-options.js';
import type { ProcessSettings } from './process-settings.js';

/** Name of the one pool of the short form. */
export const DEFAULT_POOL = 'default';

export function documentOf(input: ShortFormInput | LongFormInput): ConfigDocument {
  const pools = 'pools' in input ? input.pools : { [DEFAULT_POOL]: input };
  const definitions = Object.entries(pools).map(([name, pool]) => poolOf(name, pool));
  return { forwarding: forwardingOf(input), pools: definitions, routes: routesOf(input, definitions) };
}

export function processSettingsOf(
  input: CommonInput,
  place: { readonly directory: string; readonly cores: number },
): ProcessSettings {
  const { tls } = input.listen;
  const file = (path: string): string => resolve(place.directory, path);
  return {
    listen: {
      host: input.listen.host,
      port: input.listen.port,
      h2: input.listen.h2,
      tls: tls?.enabled ? { certFile: file(tls.cert_file ?? ''), keyFile: file(tls.key_file ?? '') } : null,
    },
    admin: {
      host: input.admin.host,
      port: input.admin.port,
      tokenFile: input.admin.token_file === undefined ? null : file(input.admin.token_file),
    },
    workers: input.workers ?? place.cores,
    engine: input.engine,
    accept: input.accept,
    dataDir: file(input.data_dir),
    log: { level: input.log.level, format: input.log.format },
    journal: {
      retentionMs: input.journal.retention,
      maxBytes: input.journal.max_size,
      keepEvents: input.journal.keep_events,
    },
  };
}

function forwardingOf({
  retry,
  timeouts,
  limits,
  log,
  metrics,
  trusted_proxies,
}: CommonInput): ForwardingSettings {
  return {
    retry: {
      attempts: retry.attempts,
      ...(retry.on_stale ? {} : { onStale: false }),
      ...(retry.per_try_timeout === undefined ? {} : { perTryTimeoutMs: retry.per_try_timeout }),
      budgetPercent: retry.budget_percent,
      budgetMin: retry.budget_min,
      bufferBytes: retry.buffer,
    },
    timeouts: {
      connectMs: timeouts.connect,
      requestHeadMs: timeouts.request_head,
      requestBodyIdleMs: timeouts.request_body_idle,
      responseHeadMs: timeouts.response_head,
      responseIdleMs: timeouts.response_idle,
      keepAliveMs: timeouts.keep_alive,
      upstreamKeepAliveMs: timeouts.upstream_keep_alive,
      tunnelIdleMs: timeouts.tunnel_idle,
      shutdownMs: timeouts.shutdown,
    },
    limits: {
      headBytes: limits.head_size,
      headerCount: limits.header_count,
      targetBytes: limits.target_size,
      ...(limits.body_size === undefined ? {} : { bodyBytes: limits.body_size }),
      connectionsPerWorker: limits.connections_per_worker,
      requestsPerConnection: limits.requests_per_connection,
      connectionAgeMs: limits.connection_age,
      idlePerBackend: limits.idle_per_backend,
      uploadWindowBytes: limits.upload_window,
      ...upstreamLifeOf(limits),
    },
    trustedProxies: [...new Set(trusted_proxies)],
    metricsPath: metrics.prometheus.enabled ? metrics.prometheus.path : null,
    accessLogRatio: { off: 0, sampled: log.access_sample_ratio, on: 1 }[log.access],
  };
}

/** Only what differs from the defaults, so that settings of releases before there were any say the same. */
function upstreamLifeOf({
  upstream_requests_per_connection: requests,
  upstream_connection_age: ageMs,
}: CommonInput['limits']): Partial<LimitSettings> {
  return {
    ...(requests === DEFAULT_UPSTREAM_LIFE.requests ? {} : { upstreamRequestsPerConnection: requests }),
    ...(ageMs === DEFAULT_UPSTREAM_LIFE.ageMs ? {} : { upstreamConnectionAgeMs: ageMs }),
  };
}

function poolOf(name: string, pool: PoolInput): PoolDefinition {
  return {
    id: poolId(name),
    settings: poolSettingsOf(name, pool),
    backends: pool.backends.map(({ id, url, weight, max_connections: limit }) => ({
      id: backendId(id),
      address: url,
      weight,
      ...(limit === undefined ? {} : { maxConnections: limit }),
    })),
  };
}

export function poolSettingsOf(name: string, pool: Omit<PoolInput, 'backends'>): PoolSettings {
  const { max_connections: limit } = pool;
  const queue = { maxPending: pool.queue.max_pending, timeoutMs: pool.queue.timeout };
  const isDefault =
    queue.maxPending === DEFAULT_QUEUE.maxPending && queue.timeoutMs === DEFAULT_QUEUE.timeoutMs;
  return {
    algorithm: pool.algorithm,
    healthCheck: healthCheckOf(pool.health_check),
    breaker: breakerOf(pool.circuit_breaker),
    sticky: stickyOf(name, pool.sticky_session),
    ...(limit === undefined ? {} : { maxConnections: limit }),
    ...(isDefault ? {} : { queue }),
  };
}

function healthCheckOf(check: PoolInput['health_check']): HealthCheckSettings | null {
  if (!check?.enabled) return null;
  return {
    path: check.path,
    intervalMs: check.interval,
    fastIntervalMs: check.fast_interval ?? Math.min(1_000, check.interval),
    timeoutMs: check.timeout ?? Math.min(5_000, check.interval),
    failureThreshold: check.failure_threshold,
    successThreshold: check.success_threshold,
    expectedStatus: check.expected_status,
    jitter: check.jitter,
  };
}

function breakerOf(breaker: PoolInput['circuit_breaker']): BreakerSettings | null {
  if (!breaker.enabled) return null;
  return {
    failureThreshold: breaker.failure_threshold,
    failureRatio: breaker.failure_ratio,
    windowMs: breaker.window,
    resetTimeoutMs: breaker.reset_timeout,
    maxResetTimeoutMs: breaker.max_reset_timeout ?? Math.max(300_000, breaker.reset_timeout),
    halfOpenLimit: breaker.half_open_limit,
    halfOpenSuccesses: breaker.half_open_successes ?? breaker.half_open_limit,
    maxEjectionPercent: breaker.max_ejection_percent,
  };
}

function stickyOf(pool: string, sticky: PoolInput['sticky_session']): StickySettings | null {
  if (!sticky?.enabled) return null;
  if (sticky.type === 'ip') return { type: 'ip', prefix4: sticky.ipv4_prefix, prefix6: sticky.ipv6_prefix };
  return {
    type: 'cookie',
    cookieName: sticky.cookie_name ?? defaultCookieName(pool),
    idleTimeoutMs: sticky.timeout,
    absoluteTimeoutMs: sticky.absolute_timeout ?? Math.max(86_400_000, sticky.timeout),
  };
}

/** Without routes there is one pool, and everything goes to it. */
function routesOf(input: ShortFormInput | LongFormInput, pools: readonly PoolDefinition[]): readonly Route[] {
  const given = 'routes' in input ? (input.routes ?? []) : [];
  if (given.length === 0) return pools.map(({ id }) => ({ host: null, pathPrefix: '/', pool: id }));
  return given.map(({ host, path_prefix, pool }) => ({
    host: host ?? null,
    pathPrefix: path_prefix,
    pool: poolId(pool),
  }));
}
