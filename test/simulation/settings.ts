/** Random configurations for simulated worlds: short times, small thresholds, everything that changes a decision varied. */
import { backendId, poolId } from '../../shared/ids.js';
import type {
  BackendDefinition,
  ConfigDocument,
  PoolDefinition,
  PoolSettings,
  RetrySettings,
} from '../../shared/settings.js';
import { breaker, documentOf, forwarding, healthCheck, poolSettings } from '../support/domain.js';
import type { Chance } from './chance.js';

export const POOLS = ['web', 'api'] as const;
export const NAMES = ['a', 'b', 'c', 'd'] as const;

export function randomSettings(chance: Chance): PoolSettings {
  return poolSettings({
    algorithm: chance.among('round-robin', 'weighted-round-robin', 'least-connections', 'random'),
    healthCheck: chance.happens(0.85)
      ? healthCheck({
          intervalMs: chance.between(1_000, 3_000),
          fastIntervalMs: chance.between(200, 500),
          timeoutMs: chance.between(200, 600),
          failureThreshold: chance.between(1, 3),
          successThreshold: chance.between(1, 2),
        })
      : null,
    breaker: chance.happens(0.9)
      ? breaker({
          failureThreshold: chance.between(2, 6),
          failureRatio: chance.among(0.1, 0.3, 0.5, 0.8),
          windowMs: chance.among(2_000, 5_000),
          resetTimeoutMs: chance.between(200, 1_200),
          maxResetTimeoutMs: chance.between(1_500, 4_000),
          halfOpenLimit: chance.between(1, 3),
          halfOpenSuccesses: chance.between(1, 3),
          maxEjectionPercent: chance.among(0, 34, 50, 100, 100),
        })
      : null,
    sticky: chance.happens(0.25)
      ? { type: 'cookie', cookieName: 'sid', idleTimeoutMs: 20_000, absoluteTimeoutMs: 120_000 }
      : chance.happens(0.15)
        ? { type: 'ip', prefix4: 32, prefix6: 64 }
        : null,
    ...(chance.happens(0.5) ? { maxConnections: chance.among(1, 2, 6, 20) } : {}),
    queue: { maxPending: chance.among(0, 2, 20), timeoutMs: chance.between(50, 2_000) },
    ...(chance.happens(0.3) ? { timeouts: { responseHeadMs: chance.between(500, 4_000) } } : {}),
    ...(chance.happens(0.3) ? { retry: { attempts: chance.among(1, 2, 4) } } : {}),
  });
}

export function randomBackend(pool: string, name: string, chance: Chance): BackendDefinition {
  const port = chance.happens(0.9) ? 8080 : 9090;
  return {
    id: backendId(name),
    address: { protocol: 'http', host: `${name}.${pool}.test`, port },
    weight: chance.happens(0.95) ? chance.between(1, 3) : 0,
    ...(chance.happens(0.1) ? { maxConnections: chance.between(1, 8) } : {}),
  };
}

export function randomDocument(chance: Chance): ConfigDocument {
  const pools: PoolDefinition[] = POOLS.slice(0, chance.between(1, POOLS.length)).map((pool) => ({
    id: poolId(pool),
    settings: randomSettings(chance),
    backends: NAMES.slice(0, chance.among(1, 2, 3, 4, 4)).map((name) => randomBackend(pool, name, chance)),
  }));
  const routes = pools.map(({ id }) => ({
    host: null,
    pathPrefix: `/${id}`,
    pool: id,
    ...(chance.happens(0.3) ? { retry: { perTryTimeoutMs: chance.between(300, 1_200) } } : {}),
  }));
  const retry: RetrySettings = {
    ...forwarding().retry,
    attempts: chance.among(1, 2, 3, 6),
    ...(chance.happens(0.7) ? { perTryTimeoutMs: chance.between(300, 1_200) } : {}),
    budgetPercent: 20,
    budgetMin: chance.among(3, 100),
    bufferBytes: 65_536,
  };
  const timeouts = { ...forwarding().timeouts, responseHeadMs: chance.between(1_000, 3_000) };
  return {
    ...documentOf(poolSettings(), []),
    forwarding: { ...forwarding(), retry, timeouts },
    pools,
    routes,
  };
}
