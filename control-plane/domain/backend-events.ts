/** Events of backends: changes by operators and the file, results of checks and traffic, and transitions of breakers. */
import { backendSettings } from '#shared/settings/backend.js';
import { changed } from '#shared/settings/choose.js';
import { object, oneOf } from '#shared/shape.js';
import { addresses, backendChanges, count, storedBackend } from '#shared/shape-settings.js';
import { byOperators, event, inBackend, inPool } from './event-entry.js';
import { breakerEvidence, healthEvidence, resolvedBy } from './evidence.js';
import { forgetBackend, forgetChecks, forgetOutcomes } from './forget-observations.js';
import { withBackend, withoutBackend } from './pool-state.js';
import { adminState, health, origin, time } from './stored-shapes.js';
import { completedBackend } from './stored-settings.js';

export const BACKEND_EVENTS = {
  BackendAdded: event(
    object({
      definition: storedBackend,
      generation: count,
      /** `unknown`, or `healthy` if no check is configured. */
      health,
      origin,
    }),
    {
      schema: 1,
      level: 'info',
      complete: (data) => ({ ...data, definition: completedBackend(data.definition) }),
      evolve: byOperators(
        inPool((pool, { at, data }) => {
          const { definition, generation, health, origin } = data;
          if (pool.backends.has(definition.id)) return pool;
          return withBackend(pool, {
            ...definition,
            generation,
            origin,
            health,
            admin: 'ready',
            healthSince: at,
            breaker: { phase: 'closed', openings: 0, since: at },
          });
        }),
      ),
      observe: null,
    },
  ),
  BackendRemoved: event(object({ definition: storedBackend }), {
    schema: 1,
    level: 'info',
    evolve: byOperators(inPool((pool, { data }) => withoutBackend(pool, data.definition.id))),
    observe: forgetBackend,
  }),
  /** The file now contains the backend, or no longer contains it. In the second case only the API knows the backend. */
  BackendOriginChanged: event(object({ origin }), {
    schema: 1,
    level: 'info',
    evolve: byOperators(inBackend((backend, { data }) => ({ ...backend, origin: data.origin }))),
    observe: null,
  }),
  /** One setting before and after. `null` means that the backend has no value of its own. */
  BackendSettingsChanged: event(object({ from: backendChanges, to: backendChanges }), {
    schema: 1,
    level: 'info',
    evolve: byOperators(inBackend((backend, { data }) => changed(backendSettings, backend, data.to))),
    observe: null,
  }),
  AdminStateChanged: event(object({ from: adminState, to: adminState }), {
    schema: 1,
    level: 'info',
    evolve: byOperators(inBackend((backend, { data }) => ({ ...backend, admin: data.to }))),
    observe: null,
  }),
  /**
   * The addresses of the backend's name have changed. `by` says which side has seen the change. `from` is empty at first.
   */
  BackendResolved: event(object({ by: resolvedBy, from: addresses, to: addresses }), {
    schema: 1,
    level: 'info',
    evolve: inBackend((backend, { at, data }) => {
      const resolved = { addresses: data.to, since: at, before: data.from };
      return { ...backend, resolved: { ...backend.resolved, [data.by]: resolved } };
    }),
    observe: null,
  }),
  BackendBecameHealthy: event(object({ from: health, evidence: healthEvidence }), {
    schema: 1,
    level: 'info',
    evolve: inBackend((backend, { at }) => ({ ...backend, health: 'healthy', healthSince: at })),
    observe: forgetChecks,
  }),
  BackendBecameUnhealthy: event(object({ from: health, evidence: healthEvidence }), {
    schema: 1,
    level: 'warn',
    evolve: inBackend((backend, { at }) => ({ ...backend, health: 'unhealthy', healthSince: at })),
    observe: forgetChecks,
  }),
  BreakerOpened: event(
    object({
      from: oneOf('closed', 'half-open'),
      /** How many openings in a row, including this one. */
      openings: count,
      until: time,
      evidence: breakerEvidence,
    }),
    {
      schema: 2,
      level: 'warn',
      evolve: inBackend((backend, { at, data: { openings, until } }) => ({
        ...backend,
        breaker: { phase: 'open', openings, since: at, until },
      })),
      observe: forgetOutcomes,
    },
  ),
  BreakerHalfOpened: event(object({ openedAt: time, limit: count }), {
    schema: 1,
    level: 'info',
    evolve: inBackend((backend, { at }) => ({
      ...backend,
      breaker: { phase: 'half-open', openings: backend.breaker.openings, since: at },
    })),
    observe: forgetOutcomes,
  }),
  BreakerClosed: event(
    object({
      from: oneOf('open', 'half-open'),
      /** `trials`: successful trials closed the breaker. `disabled`: the pool's settings no longer have a breaker. */
      cause: oneOf('trials', 'disabled'),
      successes: count,
    }),
    {
      schema: 1,
      level: 'info',
      evolve: inBackend((backend, { at, data: { cause } }) => {
        // A breaker that was disabled and enabled again has no earlier openings.
        const openings = cause === 'disabled' ? 0 : backend.breaker.openings;
        return { ...backend, breaker: { phase: 'closed', openings, since: at } };
      }),
      observe: forgetOutcomes,
    },
  ),
};
