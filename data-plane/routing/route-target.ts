/**
 * What routes lead to: a pool, and by which settings its requests are forwarded: those of the route over those of its pool
 * over those of the file. Worked out once per snapshot, so that a request looks up nothing but its route.
 */
import type { PoolId } from '#shared/ids.js';
import { overridden } from '#shared/settings/overriding.js';
import type { ForwardingSettings, PoolSettings, Route } from '#shared/settings.js';
import type { PoolTable } from './pool-table.js';

export interface RouteTarget {
  readonly pool: PoolTable;
  readonly forwarding: ForwardingSettings;
}

/** The settings with those of a pool or of a route over them; the very same where there are none. */
export function forwardingWith(
  forwarding: ForwardingSettings,
  { timeouts, retry }: Pick<PoolSettings | Route, 'timeouts' | 'retry'>,
): ForwardingSettings {
  if (timeouts === undefined && retry === undefined) return forwarding;
  return {
    ...forwarding,
    timeouts: overridden(forwarding.timeouts, timeouts),
    retry: overridden(forwarding.retry, retry),
  };
}

/** Without the routes to unknown pools. */
export function routeTargets(
  routes: readonly Route[],
  pools: ReadonlyMap<PoolId, PoolTable>,
): ReadonlyMap<Route, RouteTarget> {
  const targets = new Map<Route, RouteTarget>();
  for (const route of routes) {
    const pool = pools.get(route.pool);
    if (pool !== undefined) targets.set(route, { pool, forwarding: forwardingWith(pool.forwarding, route) });
  }
  return targets;
}

/** How long a client and Tidegate may both be silent at most, on a connection with requests of any route. */
export function longestSilenceMs(file: ForwardingSettings, targets: Iterable<RouteTarget>): number {
  let longestMs = silenceMs(file, 0);
  for (const { forwarding, pool } of targets) {
    longestMs = Math.max(longestMs, silenceMs(forwarding, pool.queue.settings.timeoutMs));
  }
  return longestMs;
}

function silenceMs({ timeouts, retry }: ForwardingSettings, queueMs: number): number {
  return (
    timeouts.keepAliveMs +
    timeouts.requestBodyIdleMs +
    queueMs +
    retry.attempts * (timeouts.connectMs + timeouts.responseHeadMs) +
    timeouts.responseIdleMs
  );
}
