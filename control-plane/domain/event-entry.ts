/**
 * What the catalogue of events says of each type: the shape of its data, from which the type of the data follows, and
 * what the event does. An entry is data and small functions; it decides nothing and says nothing in words.
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
 * How loudly an event is told: what takes a backend or a worker away, and what was refused, is a warning. History that is
 * gone cannot be brought back: an error.
 */
export type EventLevel = 'info' | 'warn' | 'error';

/** What led to the event: a command, and the event of the same command that it follows from, if any. */
export interface Cause {
  readonly command: CommandType;
  readonly id: number;
  readonly event?: number;
}

/** An event with data `D`, whatever its type. */
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
  /** Where the event stands in the fleet's log. Absent: it is this host's own. */
  readonly fleet?: FleetOrigin;
  readonly data: D;
}

/** Number of the event as versions count it: the same on all hosts of a fleet. */
export function versionOf({ seq, fleet }: Pick<Fact<unknown>, 'seq' | 'fleet'>): number {
  return fleet?.seq ?? seq;
}

/** What an event makes of the durable state. Total: what does not apply to the state answers it unchanged. */
type Evolve<D> = (state: ControlState, event: Fact<D>) => ControlState;

export interface EventEntry<D> {
  /** Shape of the data in the schema that this release writes. */
  readonly data: Shape<D>;
  /** Number of that schema. It counts the versions of the data; `upcast.ts` lifts older ones. */
  readonly schema: number;
  readonly level: EventLevel | ((data: D) => EventLevel);
  /** Fills in what an older release did not know when it wrote the data. Absent: it knew everything. */
  readonly complete?: (data: D, event: Fact<D>) => D;
  /** `null`: it is history and changes no state. */
  readonly evolve: Evolve<D> | null;
  /**
   * A transition forgets what led to it, so that nothing counts twice; what is removed is forgotten. `null`: observations
   * stay. Those that come without events (a failed check, a success) are added where they are decided on.
   */
  readonly observe: ((observations: Observations, event: Fact<D>) => Observations) | null;
}

export function event<D>(data: Shape<D>, entry: Omit<EventEntry<D>, 'data'>): EventEntry<D> {
  return { data, ...entry };
}

/** Changes the event's pool, if it is there. */
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

/** Changes the event's backend, if it is there. */
export function inBackend<D>(change: (backend: BackendState, event: Fact<D>) => BackendState): Evolve<D> {
  return inPool((pool, fact) => {
    const backend = fact.backend === undefined ? undefined : pool.backends.get(fact.backend);
    return backend === undefined ? pool : withBackend(pool, change(backend, fact));
  });
}

/** A change that operators make: it counts in the pool's version, so that `If-Match` notices it. */
export function byOperators<D>(change: Evolve<D>): Evolve<D> {
  const noticed = inPool<D>((pool, fact) => ({ ...pool, version: versionOf(fact) }));
  return (state, fact) => {
    const changed = change(state, fact);
    return changed === state ? state : noticed(changed, fact);
  };
}

/** Changes where the host stands in its fleet, if it belongs to one. */
export function inFleet<D>(change: (fleet: FleetStanding, event: Fact<D>) => FleetStanding): Evolve<D> {
  return (state, fact) => (state.fleet === null ? state : { ...state, fleet: change(state.fleet, fact) });
}
