import type { TidegateEvent } from '../../../../control-plane/domain/events.js';
import { evolve, fold } from '../../../../control-plane/domain/evolve.js';
import { serializeState } from '../../../../control-plane/domain/serialize.js';
import { initialState } from '../../../../control-plane/domain/state.js';
import { backendId, poolId } from '../../../../shared/ids.js';
import {
  breaker,
  definition,
  documentOf,
  only,
  POOL,
  poolSettings,
  storyOf,
} from '../../../support/domain.js';

function arranged() {
  const told = storyOf(documentOf(poolSettings({ breaker: breaker() }), [definition('a'), definition('b')]));
  told.report('a', { failures: { reset: 5 } });
  return told;
}

/** The event as the next one of the log. */
function next<E extends TidegateEvent>(told: ReturnType<typeof arranged>, event: E): E {
  return { ...event, seq: told.world.state.seq + 1 };
}

describe('evolve', () => {
  it('passes over an event that it has folded', () => {
    const told = arranged();
    const { state } = told.world;
    for (const event of told.events) expect(evolve(state, event)).toBe(state);
  });

  it('takes the greater epoch, and the number and time of the event', () => {
    const told = arranged();
    const [first] = told.events;
    if (first === undefined) throw new Error('no event');
    const after = evolve(told.world.state, { ...first, epoch: 0, seq: 1_000, at: 5 });
    expect(after).toMatchObject({ epoch: 1, seq: 1_000, at: 5 });
    expect(after.pools).toBe(told.world.state.pools);
  });

  it.each(['PoolAdded', 'BackendAdded'] as const)('does not do %s twice', (type) => {
    const told = arranged();
    const event = told.events.find((one) => one.type === type);
    if (event === undefined) throw new Error('no event');
    expect(evolve(told.world.state, next(told, event)).pools).toBe(told.world.state.pools);
  });

  it('passes over what concerns pools and backends that are not there', () => {
    const told = arranged();
    const strangers = told.events.map((event) => ({
      ...event,
      ...(event.pool === undefined || event.type === 'PoolAdded' ? {} : { pool: poolId('elsewhere') }),
    }));
    const opened = only(told.events, 'BreakerOpened');
    const lost = next(told, { ...opened, backend: backendId('z') });
    expect(evolve(told.world.state, lost).pools).toBe(told.world.state.pools);
    expect(fold(initialState(), strangers as TidegateEvent[]).pools.get(POOL)?.backends.size).toBe(0);
    const [removal] = told.when({
      type: 'RemoveBackend',
      pool: POOL,
      backend: backendId('b'),
      expectedVersion: null,
    });
    if (removal === undefined) throw new Error('no event');
    expect(evolve(told.world.state, next(told, removal)).pools).toBe(told.world.state.pools);
    const gone = { ...removal, type: 'PoolRemoved', pool: poolId('elsewhere'), data: {} } as TidegateEvent;
    expect(evolve(told.world.state, next(told, gone)).pools).toBe(told.world.state.pools);
  });

  it('shows each of its states as it was, however far a fold has gone', () => {
    const told = arranged();
    const states = told.events.map((_, index) => fold(initialState(), told.events.slice(0, index + 1)));
    const copies = structuredClone(states.map(serializeState));
    let state = initialState();
    told.events.forEach((event, index) => {
      state = evolve(state, event);
      expect(serializeState(state)).toEqual(copies[index]);
    });
    expect(states.map(serializeState)).toEqual(copies);
  });
});
