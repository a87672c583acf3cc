/**
 * Decides whether workers may count under a label value. The primary does not trust workers with labels. Pools and
 * backends must be configured, and all other values come from closed lists, so that neither a client nor a faulty
 * worker can create series without limit.
 */
import { LOCAL_REPLIES } from '#shared/error-code.js';
import {
  CODE_CLASSES,
  CONNECTION_REFUSALS,
  HTTP_VERSIONS,
  METHOD_LABELS,
  NO_POOL,
  REDIS_RESULTS,
  REDIS_ROLES,
  STICKY_RESULTS,
  WITHHELD_CAUSES,
} from '#shared/metric-labels.js';
import { FAILURE_REASONS } from '#shared/outcome.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { ControlState } from '../domain/state.js';
import { METRICS, type MetricKey } from './catalogue.js';

/** Which pools and backends are configured now. */
export interface Configured {
  hasPool(pool: string): boolean;
  hasBackend(pool: string, backend: string): boolean;
}

const NAMED_SETS: Readonly<Record<string, ReadonlySet<string>>> = {
  method: new Set(METHOD_LABELS),
  code_class: new Set(CODE_CLASSES),
  error: new Set(Object.keys(LOCAL_REPLIES)),
  reason: new Set(FAILURE_REASONS),
  result: new Set(STICKY_RESULTS),
  cause: new Set(WITHHELD_CAUSES),
  version: new Set(HTTP_VERSIONS),
  role: new Set(REDIS_ROLES),
};

/** Lists of a metric that gives a label another meaning than `NAMED_SETS`. */
const OF_METRIC: Readonly<Partial<Record<MetricKey, Readonly<Record<string, ReadonlySet<string>>>>>> = {
  connectionsRefused: { reason: new Set(CONNECTION_REFUSALS) },
  redisCommands: { result: new Set(REDIS_RESULTS) },
};

const STATUS_CODE = /^[1-5]\d\d$/;

export function configuredIn(state: ControlState): Configured {
  return {
    hasPool: (pool) => pool === NO_POOL || state.pools.has(pool as PoolId),
    hasBackend: (pool, backend) =>
      state.pools.get(pool as PoolId)?.backends.has(backend as BackendId) ?? false,
  };
}

/** Whether the pool and the backend among these labels are configured. True if the metric has neither label. */
export function isConfigured(metric: MetricKey, labels: readonly string[], configured: Configured): boolean {
  const names: readonly string[] = METRICS[metric].labels;
  const poolAt = names.indexOf('pool');
  if (poolAt < 0) return true;
  const pool = labels[poolAt] ?? '';
  const backendAt = names.indexOf('backend');
  return backendAt < 0 ? configured.hasPool(pool) : configured.hasBackend(pool, labels[backendAt] ?? '');
}

/** Whether a worker may count under these values of the metric's labels. */
export function mayCount(metric: MetricKey, labels: readonly string[], configured: Configured): boolean {
  const names: readonly string[] = METRICS[metric].labels;
  if (labels.length !== names.length) return false;
  return (
    names.every((name, index) => closedValue(metric, name, labels[index] ?? '')) &&
    isConfigured(metric, labels, configured)
  );
}

function closedValue(metric: MetricKey, name: string, value: string): boolean {
  if (name === 'pool' || name === 'backend') return true;
  if (name === 'code') return value === 'other' || STATUS_CODE.test(value);
  return (OF_METRIC[metric]?.[name] ?? NAMED_SETS[name])?.has(value) ?? false;
}
