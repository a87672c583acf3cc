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

const NONE = { ready: 0, available: 0, serving: 0, trial: 0, draining: 0, unchecked: 0, ejected: 0 };
const OPEN = { breaker: { phase: 'open', openings: 1, since: 0, until: 9 } } as const;

describe('a pool', () => {
  it('counts its backends as they come, change and go', () => {
    let pool = emptyPool(POOL, poolSettings(), 1);
    for (const one of [backend('b'), backend('a', { admin: 'draining' }), backend('c', OPEN)]) {
      pool = withBackend(pool, one);
    }
    expect(pool.tally).toEqual({ ...NONE, ready: 2, available: 1, serving: 1, draining: 1, ejected: 1 });
    pool = withBackend(pool, backend('b', OPEN));
    expect(pool.tally).toEqual({ ...NONE, ready: 2, draining: 1, ejected: 2 });
    expect(trippedBackends(pool).map((one) => one.id)).toEqual(['b', 'c']);
    expect([...pool.backends.keys()]).toEqual(['b', 'a', 'c']);
    pool = withoutBackend(pool, backendId('c'));
    pool = withBackend(pool, backend('b'));
    expect(pool.tally).toEqual({ ...NONE, ready: 1, available: 1, serving: 1, draining: 1 });
    expect(pool.tripped.size).toBe(0);
  });

  it('counts apart what takes no new requests, for want of a weight or of a check', () => {
    let pool = emptyPool(POOL, poolSettings(), 1);
    const trial = { breaker: { phase: 'half-open', openings: 1, since: 0 } } as const;
    for (const one of [
      backend('a', { weight: 0 }),
      backend('b', { health: 'unknown' }),
      backend('c', { health: 'unknown', admin: 'draining' }),
      backend('d', trial),
    ]) {
      pool = withBackend(pool, one);
    }
    expect(pool.tally).toEqual({ ...NONE, ready: 3, available: 1, unchecked: 1, trial: 1, ejected: 1 });
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
    expect(pool.tally).toEqual({ ...NONE, ready: 1 });
  });
});
