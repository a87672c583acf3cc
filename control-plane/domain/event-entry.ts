/**
 * The form of an entry in the catalogue of events: the shape of the event's data, from which its type follows, and the
 * effect of the event. An entry consists of data and small functions. It decides nothing and contains no sentences.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Shape } from '#shared/shape.js';
import type { Actor } from './actor.js';
import type { CommandType } from './command-types.js';
import type { FleetOrigin, FleetStanding } from './fleet-standing.js';
import type { Observations } from './observations.js';
import { PersistentMap } from './persistent-map.js';
import { withBackend } from './pool-state.js';
import type { BackendState, ControlState, PoolState } from './state.js';

/**
 * The log level of an event. The loss of a backend or a worker and a refusal are warnings. Lost history is an error, because
 * it cannot be restored.
 */
export type EventLevel = 'info' | 'warn' | 'error';

/** What led to the event: a command and, if any, an earlier event of the same command. */
export interface Cause {
  readonly command: CommandType;
  readonly id: number;
  readonly event?: number;
}

/** An event with data `D`, of any type. */
export interface Fact<D> {
  readonly epoch: number;
  /** Rises by 1 with each event of the log, across epochs. */
  readonly seq: number;
  readonly at: number;
  readonly schema: number;
  readonly pool?: PoolId;
  readonly backend?: BackendId;
  readonly actor: Actor;
  readonly cause: Cause;
  /** The position of the event in the log of the fleet. Absent if the event belongs to this host alone. */
  readonly fleet?: FleetOrigin;
  readonly data: D;
}

/** The number that versions use for the event. It is the same on all hosts of a fleet. */
export function versionOf({ seq, fleet }: Pick<Fact<unknown>, 'seq' | 'fleet'>): number {
  return fleet?.seq ?? seq;
}

/** Applies an event to the durable state. Total: an event that does not apply returns the state unchanged. */
type Evolve<D> = (state: ControlState, event: Fact<D>) => ControlState;

export interface EventEntry<D> {
  /** The shape of the data in the schema that this release writes. */
  readonly data: Shape<D>;
  /** The number of that schema. It counts the versions of the data; `upcast.ts` lifts older ones. */
  readonly schema: number;
  readonly level: EventLevel | ((data: D) => EventLevel);
  /** Adds what an older release did not know when it wrote the data. Absent if there is nothing to add. */
  readonly complete?: (data: D, event: Fact<D>) => D;
  /** `null` if the event is only history and changes no state. */
  readonly evolve: Evolve<D> | null;
  /**
   * Removes observations: a transition removes those that led to it, so that nothing counts twice, and a removal removes
   * those of the removed thing. `null` keeps all. Observations without events (a failed check, a success) are added by the
   * rules.
   */
  readonly observe: ((observations: Observations, event: Fact<D>) => Observations) | null;
}

export function event<D>(data: Shape<D>, entry: Omit<EventEntry<D>, 'data'>): EventEntry<D> {
  return { data, ...entry };
}

/** Changes the pool of the event, if the pool exists. */
export function inPool<D>(change: (pool: PoolState, event: Fact<D>) => PoolState): Evolve<D> {
  return (state, fact) => {
    const pool = fact.pool === undefined ? undefined : state.pools.get(fact.pool);
    if (pool === undefined) return state;
    const changed = change(pool, fact);
    return changed === pool
      ? state
      : { ...state, pools: PersistentMap.from(state.pools).with(pool.id, changed) };
  };
}

/** Changes the backend of the event, if the backend exists. */
export function inBackend<D>(change: (backend: BackendState, event: Fact<D>) => BackendState): Evolve<D> {
  return inPool((pool, fact) => {
    const backend = fact.backend === undefined ? undefined : pool.backends.get(fact.backend);
    return backend === undefined ? pool : withBackend(pool, change(backend, fact));
  });
}

/** Marks a change that operators or the file make. The change updates the pool's version, so that `If-Match` detects it. */
export function byOperators<D>(change: Evolve<D>): Evolve<D> {
  const noticed = inPool<D>((pool, fact) => ({ ...pool, version: versionOf(fact) }));
  return (state, fact) => {
    const changed = change(state, fact);
    return changed === state ? state : noticed(changed, fact);
  };
}

/** Changes the position of the host in its fleet, if the host belongs to one. */
export function inFleet<D>(change: (fleet: FleetStanding, event: Fact<D>) => FleetStanding): Evolve<D> {
  return (state, fact) => (state.fleet === null ? state : { ...state, fleet: change(state.fleet, fact) });
}
