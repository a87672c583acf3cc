/** Writes what is in force as a configuration file in its long form. It contains no secrets. */
import { backend as backendSection, route as routeSection } from '#shared/settings/backend.js';
import { limits, retry, timeouts } from '#shared/settings/forwarding.js';
import { pool as poolSection } from '#shared/settings/pool.js';
import type { ForwardingSettings } from '#shared/settings.js';
import { writtenOf } from '../config/settings-of.js';
import type { ControlState, PoolState } from '../domain/state.js';
import { definitionOf } from '../domain/pool-changes.js';

type Named = Readonly<Record<string, unknown>>;

export function liveConfig(state: ControlState): Named {
  return {
    ...(state.forwarding === null ? {} : forwardingDocument(state.forwarding)),
    pools: Object.fromEntries([...state.pools.values()].map((pool) => [pool.id, poolEntry(pool)])),
    routes: state.routes.map((route) => writtenOf(routeSection, route)),
  };
}

function poolEntry(pool: PoolState): Named {
  const backends = [...pool.backends.values()];
  return {
    ...writtenOf(poolSection, pool.settings),
    backends: backends.map((backend) => writtenOf(backendSection, definitionOf(backend))),
  };
}

function forwardingDocument(forwarding: ForwardingSettings): Named {
  return {
    retry: writtenOf(retry, forwarding.retry),
    timeouts: writtenOf(timeouts, forwarding.timeouts),
    limits: writtenOf(limits, forwarding.limits),
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

function logDocument(ratio: number): Named {
  if (ratio === 0) return { access: 'off' };
  return ratio === 1 ? { access: 'on' } : { access: 'sampled', access_sample_ratio: ratio };
}
