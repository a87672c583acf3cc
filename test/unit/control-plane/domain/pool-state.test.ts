import {
  emptyPool,
  trippedBackends,
  withBackend,
  withoutBackend,
} from '../../../../control-plane/domain/pool-state.js';
import type { BackendState } from '../../../../control-plane/domain/state.js';
import { backendId } from '../../../../shared/ids.js';
import { definition, POOL, poolSettings } from '../../../support/domain.js';

function backend(id: string, over: Partial<BackendState> = {}): BackendState {
  return {
    ...definition(id),
    generation: 1,
    origin: 'file',
    admin: 'ready',
    health: 'healthy',
    healthSince: 0,
    breaker: { phase: 'closed', openings: 0, since: 0 },
    ...over,
  };
}

const OPEN = { breaker: { phase: 'open', openings: 1, since: 0, until: 9 } } as const;

describe('a pool', () => {
  it('counts its backends as they come, change and go', () => {
    let pool = emptyPool(POOL, poolSettings(), 1);
    for (const one of [backend('b'), backend('a', { admin: 'draining' }), backend('c', OPEN)]) {
      pool = withBackend(pool, one);
    }
    expect(pool.tally).toEqual({ ready: 2, available: 1, ejected: 1 });
    pool = withBackend(pool, backend('b', OPEN));
    expect(pool.tally).toEqual({ ready: 2, available: 0, ejected: 2 });
    expect(trippedBackends(pool).map((one) => one.id)).toEqual(['b', 'c']);
    expect([...pool.backends.keys()]).toEqual(['b', 'a', 'c']);
    pool = withoutBackend(pool, backendId('c'));
    pool = withBackend(pool, backend('b'));
    expect(pool.tally).toEqual({ ready: 1, available: 1, ejected: 0 });
    expect(pool.tripped.size).toBe(0);
  });

  it('is the same when a backend goes that was not there', () => {
    const pool = emptyPool(POOL, poolSettings(), 1);
    expect(withoutBackend(pool, backendId('a'))).toBe(pool);
  });

  it('does not count as ejected what is out for another reason', () => {
    const pool = withBackend(
      emptyPool(POOL, poolSettings(), 1),
      backend('a', { ...OPEN, health: 'unhealthy' }),
    );
    expect(pool.tally).toEqual({ ready: 1, available: 0, ejected: 0 });
  });
});
