/** What is in force, written as a configuration file in its long form would say it. Holds no secrets. */
import {
  DEFAULT_UPLOAD_WINDOW_BYTES,
  DEFAULT_UPSTREAM_LIFE,
  type ForwardingSettings,
} from '#shared/settings.js';
import { formatDuration, formatSize } from '../config/quantities.js';
import type { ControlState, PoolState } from '../domain/state.js';
import { poolSettingsDocument } from './pool-settings.js';
import { urlOf } from './views.js';

export function liveConfig(state: ControlState): Readonly<Record<string, unknown>> {
  return {
    ...(state.forwarding === null ? {} : forwardingDocument(state.forwarding)),
    pools: Object.fromEntries([...state.pools.values()].map((pool) => [pool.id, poolEntry(pool)])),
    routes: state.routes.map(({ host, pathPrefix, pool }) => ({
      ...(host === null ? {} : { host }),
      path_prefix: pathPrefix,
      pool,
    })),
  };
}

function poolEntry(pool: PoolState): Readonly<Record<string, unknown>> {
  const backends = [...pool.backends.values()];
  const { max_connections: limit, ...settings } = poolSettingsDocument(pool.settings);
  return {
    ...settings,
    ...(limit === null ? {} : { max_connections: limit }),
    backends: backends.map(({ id, address, weight, maxConnections }) => ({
      id,
      url: urlOf(address),
      weight,
      ...(maxConnections === undefined ? {} : { max_connections: maxConnections }),
    })),
  };
}

function forwardingDocument(forwarding: ForwardingSettings): Readonly<Record<string, unknown>> {
  const { retry, timeouts, limits } = forwarding;
  return {
    retry: {
      attempts: retry.attempts,
      on_stale: retry.onStale ?? true,
      ...(retry.perTryTimeoutMs === undefined
        ? {}
        : { per_try_timeout: formatDuration(retry.perTryTimeoutMs) }),
      budget_percent: retry.budgetPercent,
      budget_min: retry.budgetMin,
      buffer: formatSize(retry.bufferBytes),
    },
    timeouts: {
      connect: formatDuration(timeouts.connectMs),
      request_head: formatDuration(timeouts.requestHeadMs),
      request_body_idle: formatDuration(timeouts.requestBodyIdleMs),
      response_head: formatDuration(timeouts.responseHeadMs),
      response_idle: formatDuration(timeouts.responseIdleMs),
      keep_alive: formatDuration(timeouts.keepAliveMs),
      upstream_keep_alive: formatDuration(timeouts.upstreamKeepAliveMs),
      tunnel_idle: formatDuration(timeouts.tunnelIdleMs),
      shutdown: formatDuration(timeouts.shutdownMs),
    },
    limits: {
      head_size: formatSize(limits.headBytes),
      header_count: limits.headerCount,
      target_size: formatSize(limits.targetBytes),
      ...(limits.bodyBytes === undefined ? {} : { body_size: formatSize(limits.bodyBytes) }),
      connections_per_worker: limits.connectionsPerWorker,
      requests_per_connection: limits.requestsPerConnection,
      connection_age: formatDuration(limits.connectionAgeMs),
      idle_per_backend: limits.idlePerBackend,
      upload_window: formatSize(limits.uploadWindowBytes ?? DEFAULT_UPLOAD_WINDOW_BYTES),
      upstream_requests_per_connection:
        limits.upstreamRequestsPerConnection ?? DEFAULT_UPSTREAM_LIFE.requests,
      upstream_connection_age: formatDuration(limits.upstreamConnectionAgeMs ?? DEFAULT_UPSTREAM_LIFE.ageMs),
    },
    trusted_proxies: forwarding.trustedProxies,
    metrics: {
      prometheus:
        forwarding.metricsPath === null
          ? { enabled: false }
          : { enabled: true, path: forwarding.metricsPath },
    },
    log: logDocument(forwarding.accessLogRatio),
  };
}

function logDocument(ratio: number): Readonly<Record<string, unknown>> {
  if (ratio === 0) return { access: 'off' };
  return ratio === 1 ? { access: 'on' } : { access: 'sampled', access_sample_ratio: ratio };
}
