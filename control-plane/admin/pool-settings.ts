/**
 * Settings of a pool between their normal form and the words and units of the configuration file. What is written
 * through the API is read by the very schemas that read the file, so that both take the same values and refuse the
 * same.
 */
import { z } from 'zod';
import type {
  BreakerSettings,
  HealthCheckSettings,
  PoolSettings,
  QueueSettings,
  StatusRange,
  StickySettings,
} from '#shared/settings.js';
import { DEFAULT_QUEUE } from '#shared/settings.js';
import { configJsonSchema, knownKeys } from '../config/json-schema.js';
import { poolSettingsOf } from '../config/normal-form.js';
import { MAX_PROBLEMS } from '../config/parse-config.js';
import { poolShape } from '../config/pool-options.js';
import { formatDuration } from '../config/quantities.js';
import { suggest } from '../config/suggest.js';
import type { PoolChange, PoolSettingsDocument } from '../documents/pool-documents.js';
import type { FieldProblem } from '../documents/problem-document.js';

const { algorithm, health_check, circuit_breaker, max_connections, queue, sticky_session } = poolShape;
const settingsSchema = z.strictObject({
  algorithm,
  health_check,
  circuit_breaker,
  max_connections,
  queue,
  sticky_session,
});

export type PatchResult =
  | { readonly kind: 'settings'; readonly settings: PoolSettings }
  | { readonly kind: 'problems'; readonly problems: readonly FieldProblem[] };

export function poolSettingsDocument(settings: PoolSettings): PoolSettingsDocument {
  return {
    algorithm: settings.algorithm,
    health_check:
      settings.healthCheck === null ? { enabled: false } : healthCheckDocument(settings.healthCheck),
    circuit_breaker: settings.breaker === null ? { enabled: false } : breakerDocument(settings.breaker),
    max_connections: settings.maxConnections ?? null,
    queue: queueDocument(settings.queue ?? DEFAULT_QUEUE),
    sticky_session: settings.sticky === null ? { enabled: false } : stickyDocument(settings.sticky),
  };
}

/** The settings after a change. What the patch does not mention stays as it is. */
export function patchPoolSettings(pool: string, settings: PoolSettings, patch: PoolChange): PatchResult {
  const present = poolSettingsDocument(settings);
  const limit = patch.max_connections === undefined ? present.max_connections : patch.max_connections;
  const parsed = settingsSchema.safeParse({
    algorithm: patch.algorithm === undefined ? present.algorithm : patch.algorithm,
    health_check: patchSection(present.health_check, patch.health_check),
    circuit_breaker: patchSection(present.circuit_breaker, patch.circuit_breaker),
    ...(limit === null ? {} : { max_connections: limit }),
    queue: patch.queue === null ? {} : withoutNulls({ ...present.queue, ...patch.queue }),
    sticky_session: patchSection(present.sticky_session, patch.sticky_session),
  });
  return parsed.success
    ? { kind: 'settings', settings: poolSettingsOf(pool, parsed.data) }
    : { kind: 'problems', problems: parsed.error.issues.flatMap(problemsOf).slice(0, MAX_PROBLEMS) };
}

/** A section that is off is turned on by any setting in it. */
function patchSection(
  present: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>> | null | undefined,
): Readonly<Record<string, unknown>> {
  if (patch === undefined) return present;
  if (patch === null) return { enabled: false };
  return withoutNulls({ ...present, enabled: true, ...patch });
}

/** `null` sets one back to its default. */
function withoutNulls(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function problemsOf(issue: z.core.$ZodIssue): readonly FieldProblem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const message = issue.code === 'invalid_type' ? 'expected a mapping of settings' : issue.message;
    return [{ path, message }];
  }
  return issue.keys.map((key) => {
    const near = suggest(
      key,
      path === '' ? Object.keys(settingsSchema.shape) : knownKeys(configJsonSchema(), issue.path.map(String)),
    );
    const hint = near === null ? '' : `; did you mean ${near}?`;
    return { path: path === '' ? key : `${path}.${key}`, message: `unknown key${hint}` };
  });
}

function healthCheckDocument(check: HealthCheckSettings): Readonly<Record<string, unknown>> {
  return {
    enabled: true,
    path: check.path,
    interval: formatDuration(check.intervalMs),
    fast_interval: formatDuration(check.fastIntervalMs),
    timeout: formatDuration(check.timeoutMs),
    failure_threshold: check.failureThreshold,
    success_threshold: check.successThreshold,
    expected_status: check.expectedStatus.map(formatStatusRange),
    jitter: check.jitter,
  };
}

function formatStatusRange({ from, to }: StatusRange): string {
  if (from === to) return String(from);
  return from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`;
}

function breakerDocument(breaker: BreakerSettings): Readonly<Record<string, unknown>> {
  return {
    enabled: true,
    failure_threshold: breaker.failureThreshold,
    failure_ratio: breaker.failureRatio,
    window: formatDuration(breaker.windowMs),
    reset_timeout: formatDuration(breaker.resetTimeoutMs),
    max_reset_timeout: formatDuration(breaker.maxResetTimeoutMs),
    half_open_limit: breaker.halfOpenLimit,
    half_open_successes: breaker.halfOpenSuccesses,
    max_ejection_percent: breaker.maxEjectionPercent,
  };
}

function queueDocument({ maxPending, timeoutMs }: QueueSettings): Readonly<Record<string, unknown>> {
  return { max_pending: maxPending, timeout: formatDuration(timeoutMs) };
}

function stickyDocument(sticky: StickySettings): Readonly<Record<string, unknown>> {
  if (sticky.type === 'ip') {
    return { enabled: true, type: 'ip', ipv4_prefix: sticky.prefix4, ipv6_prefix: sticky.prefix6 };
  }
  return {
    enabled: true,
    type: 'cookie',
    cookie_name: sticky.cookieName,
    timeout: formatDuration(sticky.idleTimeoutMs),
    absolute_timeout: formatDuration(sticky.absoluteTimeoutMs),
  };
}
