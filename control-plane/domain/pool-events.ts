/** Events of pools: their addition and removal, their settings, their sessions, and panic. */
import { finite, object } from '#shared/shape.js';
import { count, storedPoolSettings } from '#shared/shape-settings.js';
import { byOperators, event, inPool, versionOf } from './event-entry.js';
import { forgetPool, forgetUnset } from './forget-observations.js';
import { PersistentMap } from './persistent-map.js';
import { emptyPool } from './pool-state.js';
import { completedPool } from './stored-settings.js';
import { time } from './stored-shapes.js';

export const POOL_EVENTS = {
  PoolAdded: event(object({ settings: storedPoolSettings }), {
    schema: 1,
    level: 'info',
    complete: ({ settings }, { pool }) => ({ settings: completedPool(pool, settings) }),
    evolve: (state, fact) => {
      const { pool: id, data } = fact;
      if (id === undefined || state.pools.has(id)) return state;
      const pool = emptyPool(id, data.settings, versionOf(fact));
      return { ...state, pools: PersistentMap.from(state.pools).with(id, pool) };
    },
    observe: null,
  }),
  PoolRemoved: event(object({}), {
    schema: 1,
    level: 'info',
    evolve: (state, { pool: id }) => {
      if (id === undefined || !state.pools.has(id)) return state;
      return { ...state, pools: PersistentMap.from(state.pools).without(id) };
    },
    observe: (observations, { pool }) => forgetPool(observations, pool),
  }),
  PoolSettingsChanged: event(object({ settings: storedPoolSettings, previous: storedPoolSettings }), {
    schema: 1,
    level: 'info',
    complete: ({ settings, previous }, { pool }) => ({
      settings: completedPool(pool, settings),
      previous: completedPool(pool, previous),
    }),
    evolve: byOperators(inPool((pool, { data }) => ({ ...pool, settings: data.settings }))),
    observe: (observations, { pool, data }) => forgetUnset(observations, pool, data.settings),
  }),
  /** Sessions that began before `from` (milliseconds since 1970) are ended. */
  SessionsFlushed: event(object({ from: time }), {
    schema: 1,
    level: 'info',
    evolve: inPool((pool, { data }) => ({ ...pool, sessionsFrom: Math.max(pool.sessionsFrom, data.from) })),
    observe: null,
  }),
  PanicEntered: event(object({ ready: count, ejected: count, maxEjectionPercent: finite(0, 100) }), {
    schema: 1,
    level: 'warn',
    evolve: inPool((pool) => ({ ...pool, panic: true })),
    observe: null,
  }),
  PanicLeft: event(object({ ready: count, ejected: count }), {
    schema: 1,
    level: 'info',
    evolve: inPool((pool) => ({ ...pool, panic: false })),
    observe: null,
  }),
};
