/** What changed between two settings of a pool, in words: names as in the configuration file, durations in ms. */
import { DEFAULT_QUEUE, type PoolSettings } from '#shared/settings.js';

/** Changes told one by one; the rest are counted. */
const TOLD_CHANGES = 6;

/** `algorithm round-robin → random, health_check.interval_ms 300 → 500`; empty when nothing differs. */
export function settingsChange(before: PoolSettings, after: PoolSettings): string {
  const changes: string[] = [];
  compare('algorithm', before.algorithm, after.algorithm, changes);
  compare('health_check', before.healthCheck, after.healthCheck, changes);
  compare('circuit_breaker', before.breaker, after.breaker, changes);
  compare('sticky_session', before.sticky, after.sticky, changes);
  compare('max_connections', before.maxConnections, after.maxConnections, changes);
  compare('queue', before.queue ?? DEFAULT_QUEUE, after.queue ?? DEFAULT_QUEUE, changes);
  const more = changes.length - TOLD_CHANGES;
  return changes.slice(0, TOLD_CHANGES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function compare(name: string, before: unknown, after: unknown, changes: string[]): void {
  if (isSettings(before) && isSettings(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(`${name}.${snakeCase(key)}`, before[key], after[key], changes);
    }
  } else if (wordOf(before) !== wordOf(after)) {
    changes.push(`${name} ${wordOf(before)} → ${wordOf(after)}`);
  }
}

function isSettings(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wordOf(value: unknown): string {
  if (value === null || value === undefined) return 'off';
  if (isSettings(value)) return 'on';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
