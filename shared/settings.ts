/**
 * The settings that can change while Tidegate runs, in their internal form: durations in milliseconds, sizes in bytes, all
 * defaults filled in. The parser of the configuration file produces them (`control-plane/config`), the domain stores them in
 * events, and snapshots carry them to the workers. Each is declared once, in `shared/settings/`.
 */
import type { PoolId } from './ids.js';
import type { BackendDefinition, Route } from './settings/backend.js';
import type { LimitSettings, RetrySettings, TimeoutSettings } from './settings/forwarding.js';
import type { PoolSettings } from './settings/pool.js';

export type { Algorithm } from './settings/algorithms.js';
export type { BackendDefinition, Route } from './settings/backend.js';
export type { LimitSettings, RetrySettings, TimeoutSettings } from './settings/forwarding.js';
export type { BackendAddress } from './settings/names.js';
export type { HealthCheckSettings, StatusRange } from './settings/health-check.js';
export type {
  BreakerSettings,
  CookieStickySettings,
  IpStickySettings,
  PoolSettings,
  PoolSettingsForWorkers,
  QueueSettings,
  StickySettings,
} from './settings/pool.js';

/** How requests are forwarded. The same for all pools. */
export interface ForwardingSettings {
  readonly retry: RetrySettings;
  readonly timeouts: TimeoutSettings;
  readonly limits: LimitSettings;
  /** Networks in CIDR form. X-Forwarded-* fields from them are trusted. */
  readonly trustedProxies: readonly string[];
  /** Path of the metrics on the main listener; `null` if there is none. */
  readonly metricsPath: string | null;
  /** Share of requests in the access log, 0 to 1. */
  readonly accessLogRatio: number;
}

export interface PoolDefinition {
  readonly id: PoolId;
  readonly settings: PoolSettings;
  readonly backends: readonly BackendDefinition[];
}

/** The part of the configuration file that can be applied at run time. */
export interface ConfigDocument {
  readonly forwarding: ForwardingSettings;
  readonly pools: readonly PoolDefinition[];
  readonly routes: readonly Route[];
}
