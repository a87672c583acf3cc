/**
 * Decides when a backend is checked next. Pure. A settled backend is checked every interval. A backend in transition
 * (its health is unknown, or the newest result contradicts it) is checked faster, so that a verdict does not take
 * threshold × interval.
 */
import type { Health } from '#shared/backend-state.js';
import type { Random } from '#shared/ports.js';
import type { HealthCheckSettings } from '#shared/settings.js';

/**
 * Whether the next few checks may change the backend's health. `passed` is the newest result, `null` if there is none.
 */
export function inTransition(health: Health, passed: boolean | null): boolean {
  switch (health) {
    case 'unknown':
      return true;
    case 'healthy':
      return passed === false;
    case 'unhealthy':
      return passed === true;
  }
}

/**
 * Milliseconds until the next check starts. Jitter varies them, so that checks of many backends do not fall into step.
 */
export function nextCheckDelay(settings: HealthCheckSettings, transition: boolean, random: Random): number {
  const interval = transition ? Math.min(settings.fastIntervalMs, settings.intervalMs) : settings.intervalMs;
  return Math.round(interval * (1 + settings.jitter * (2 * random() - 1)));
}
