/**
 * The settings that can change while Tidegate runs, in their normal form: durations in milliseconds, sizes in
 * bytes, every default filled in. The configuration file is parsed into these (`control-plane/config`); the domain
 * stores them in events; snapshots carry them to the workers. Defaults and ranges are declared where they are
 * parsed.
 */
import type { BackendId, PoolId } from './ids.js';

export const ALGORITHMS = ['round-robin', 'weighted-round-robin', 'least-connections', 'random'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Where a backend is: `http` or `https`, a host (name or address, no brackets), and a port. */
export interface BackendAddress {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** An inclusive range of HTTP status codes. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export interface HealthCheckSettings {
  /** Path asked for, with its query if any. */
  readonly path: string;
  /** Time between the starts of two checks of a backend whose health is settled. */
  readonly intervalMs: number;
  /** Time between checks while a backend is in transition (unknown, or with a run of contrary results). */
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row (the *fall*) that make a backend unhealthy. */
  readonly failureThreshold: number;
  /** Passes in a row (the *rise*) that make an unhealthy backend healthy. A backend never checked before needs one. */
  readonly successThreshold: number;
  readonly expectedStatus: readonly StatusRange[];
  /** Share of the interval by which each wait is varied, 0 to 0.5: 0.1 means ±10 %. */
  readonly jitter: number;
}

export interface BreakerSettings {
  /** Failures within the window that open the breaker, if the ratio agrees. Doubles as the minimum volume. */
  readonly failureThreshold: number;
  /** Share of failed attempts within the window, 0 to 1, from which the breaker opens. */
  readonly failureRatio: number;
  readonly windowMs: number;
  /** How long the first opening lasts; doubles with each consecutive opening. */
  readonly resetTimeoutMs: number;
  readonly maxResetTimeoutMs: number;
  /** Trials that may be in flight at once to a half-open backend, over all workers. */
  readonly halfOpenLimit: number;
  /** Successful trials that close the breaker. */
  readonly halfOpenSuccesses: number;
  /** Share of a pool's ready backends, 0 to 100, that breakers may take out before the pool goes into panic mode. */
  readonly maxEjectionPercent: number;
}

export interface CookieStickySettings {
  readonly type: 'cookie';
  /** Base name: over TLS the cookie is sent as `__Host-` plus this name. */
  readonly cookieName: string;
  /** A session not used for this long is forgotten. Slides with use. */
  readonly idleTimeoutMs: number;
  /** A session older than this is forgotten. Does not slide. */
  readonly absoluteTimeoutMs: number;
}

export interface IpStickySettings {
  readonly type: 'ip';
  /** Bits of an IPv4 address that make a client, 0 to 32. */
  readonly prefix4: number;
  /** Bits of an IPv6 address that make a client, 0 to 128. */
  readonly prefix6: number;
}

export type StickySettings = CookieStickySettings | IpStickySettings;

/** What becomes of a request while all backends that could serve it are at their limit. */
export interface QueueSettings {
  /** Requests that may wait for one pool in one worker. 0: none waits. */
  readonly maxPending: number;
  /** How long one request may wait in all. */
  readonly timeoutMs: number;
}

/** Name of the session cookie of a pool that names none: of its own, as its sessions are. */
export function defaultCookieName(pool: string): string {
  return `tidegate_${pool}`;
}

/** The queue of a pool whose settings name none. */
export const DEFAULT_QUEUE: QueueSettings = { maxPending: 128, timeoutMs: 5_000 };

export interface PoolSettings {
  readonly algorithm: Algorithm;
  /** `null`: backends are not checked and take traffic as soon as they are added. */
  readonly healthCheck: HealthCheckSettings | null;
  /** `null`: no breaker. */
  readonly breaker: BreakerSettings | null;
  /** `null`: every request is balanced by itself. */
  readonly sticky: StickySettings | null;
  /** Attempts in flight that each backend is given at once by this host, unless it has a number of its own. Absent: any number. */
  readonly maxConnections?: number;
  /** Absent: `DEFAULT_QUEUE`, so that settings of releases before there was a queue say the same. */
  readonly queue?: QueueSettings;
}

export interface RetrySettings {
  /** Attempts in all for one request, the first one included, each on another backend. */
  readonly attempts: number;
  /** Whether what met a kept connection that had been closed is sent once more, which is no attempt. Absent: it is. */
  readonly onStale?: boolean;
  /**
   * Longest wait of one attempt for its response head, from the end of the request (a slow upload is not the backend's
   * fault), while a further attempt is possible. Absent: time alone is no reason for a further attempt.
   */
  readonly perTryTimeoutMs?: number;
  /** Retries allowed as a share of requests, 0 to 100… */
  readonly budgetPercent: number;
  /** …but always at least this many a second per worker. */
  readonly budgetMin: number;
  /** Largest request body that is kept so that it can be sent again, in bytes. */
  readonly bufferBytes: number;
}

export interface TimeoutSettings {
  readonly connectMs: number;
  /** From the first byte of a request to the end of its head. */
  readonly requestHeadMs: number;
  /** Longest pause within a request body. */
  readonly requestBodyIdleMs: number;
  /** From the end of the request to the end of the response head, the time of attempts that ended by time included. */
  readonly responseHeadMs: number;
  /** Longest pause within a response body. */
  readonly responseIdleMs: number;
  /** How long an idle client connection is kept. */
  readonly keepAliveMs: number;
  /** How long an idle upstream connection is kept. */
  readonly upstreamKeepAliveMs: number;
  /** Longest pause on an upgraded connection. */
  readonly tunnelIdleMs: number;
  /** How long a worker waits for running requests when it shuts down. */
  readonly shutdownMs: number;
}

export interface LimitSettings {
  readonly headBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
  /** Largest request body, without its framing. Absent: no limit. */
  readonly bodyBytes?: number;
  readonly connectionsPerWorker: number;
  readonly requestsPerConnection: number;
  /** Age at which a client connection is closed after its next response, varied by ±20 %. */
  readonly connectionAgeMs: number;
  /** Idle upstream connections kept per backend and worker. */
  readonly idlePerBackend: number;
  /** Window of a request body over HTTP/2 while few come at once on its connection. Absent: `DEFAULT_UPLOAD_WINDOW_BYTES`. */
  readonly uploadWindowBytes?: number;
  /** Requests after which an upstream connection is closed. Absent: `DEFAULT_UPSTREAM_LIFE`. */
  readonly upstreamRequestsPerConnection?: number;
  /** Age from which an upstream connection is not kept, varied by ±20 %. Absent: `DEFAULT_UPSTREAM_LIFE`. */
  readonly upstreamConnectionAgeMs?: number;
}

/** A body of any size comes over HTTP/2 with this much per round trip, by settings that do not say. */
export const DEFAULT_UPLOAD_WINDOW_BYTES = 1_048_576;

/** How long upstream connections are used by settings that do not say: the address of a backend's name may change. */
export const DEFAULT_UPSTREAM_LIFE = { requests: 10_000, ageMs: 300_000 } as const;

/** How requests are forwarded, the same for all pools. */
export interface ForwardingSettings {
  readonly retry: RetrySettings;
  readonly timeouts: TimeoutSettings;
  readonly limits: LimitSettings;
  /** Networks in CIDR form whose X-Forwarded-* fields are believed. */
  readonly trustedProxies: readonly string[];
  /** Path on the main listener that answers with the metrics; `null`: none. */
  readonly metricsPath: string | null;
  /** Share of requests written to the access log, 0 to 1. */
  readonly accessLogRatio: number;
}

export interface BackendDefinition {
  readonly id: BackendId;
  readonly address: BackendAddress;
  /** Relative share of traffic, 0 to 1,000. 0: no new traffic, sticky sessions stay. */
  readonly weight: number;
  /** Attempts in flight that it is given at once by this host. Absent: what its pool says. */
  readonly maxConnections?: number;
}

export interface PoolDefinition {
  readonly id: PoolId;
  readonly settings: PoolSettings;
  readonly backends: readonly BackendDefinition[];
}

/** A request goes to the pool of the most specific route: exact host before any host, then the longest path prefix. */
export interface Route {
  /** Lower-case host name without port; `null`: any. */
  readonly host: string | null;
  /** Starts with `/`. Matches whole segments: `/api` matches `/api` and `/api/x`, never `/apix`. */
  readonly pathPrefix: string;
  readonly pool: PoolId;
}

/** The part of the configuration file that is applied while running. */
export interface ConfigDocument {
  readonly forwarding: ForwardingSettings;
  readonly pools: readonly PoolDefinition[];
  readonly routes: readonly Route[];
}
