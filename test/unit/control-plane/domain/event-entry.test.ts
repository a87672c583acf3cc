import {
  byOperators,
  event,
  type Fact,
  inBackend,
  inPool,
} from '../../../../control-plane/domain/event-entry.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import { count } from '../../../../shared/shape-settings.js';
import { object } from '../../../../shared/shape.js';
import { definition, documentOf, POOL, poolSettings, storyOf } from '../../../support/domain.js';

const { state } = storyOf(documentOf(poolSettings(), [definition('a')])).world;

function about(pool: string | null, backend: string | null): Fact<{ readonly to: number }> {
  return {
    epoch: 1,
    seq: 99,
    at: 5,
    schema: 1,
    ...(pool === null ? {} : { pool: poolId(pool) }),
    ...(backend === null ? {} : { backend: backendId(backend) }),
    actor: { kind: 'clock' },
    cause: { command: 'AdvanceTime', id: 1 },
    data: { to: 7 },
  };
}

describe('an entry of the catalogue', () => {
  const heavier = inBackend<{ readonly to: number }>((backend, { data }) => ({
    ...backend,
    weight: data.to,
  }));
  const panic = inPool<{ readonly to: number }>((pool) => ({ ...pool, panic: true }));

  it('is its data and what is done with it', () => {
    const data = object({ to: count });
    const entry = { schema: 1, level: 'info', evolve: null, observe: null } as const;
    expect(event(data, entry)).toEqual({ data, ...entry });
  });

  it('changes the pool and the backend that the event names, and leaves the version alone', () => {
    expect(panic(state, about(POOL, null)).pools.get(POOL)?.panic).toBe(true);
    const pool = heavier(state, about(POOL, 'a')).pools.get(POOL);
    expect(pool?.backends.get(backendId('a'))?.weight).toBe(7);
    expect(pool?.version).toBe(state.pools.get(POOL)?.version);
  });

  it.each([
    ['no pool', null, null],
    ['a pool that is not there', 'elsewhere', 'a'],
    ['a backend that is not there', POOL, 'z'],
  ])('changes nothing for an event that names %s', (_name, pool, backend) => {
    expect(heavier(state, about(pool, backend))).toBe(state);
    expect(byOperators(heavier)(state, about(pool, backend))).toBe(state);
  });

  it('counts a change by operators in the version of the pool', () => {
    const pool = byOperators(heavier)(state, about(POOL, 'a')).pools.get(POOL);
    expect([pool?.version, pool?.backends.get(backendId('a'))?.weight]).toEqual([99, 7]);
  });
});
