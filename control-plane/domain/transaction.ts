/**
 * A command that is being decided. Each event is numbered and folded into state and observations at once, so that later
 * steps of the same command see its effect. A transaction lives until the decision. The world that it began with never
 * changes.
 */
import { assert } from '#shared/assert.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Random } from '#shared/ports.js';
import type { BreakerSettings } from '#shared/settings.js';
import { seededRandom } from '#shared/prng.js';
import type { Command } from './commands.js';
import type { Decision, World } from './decision.js';
import { EVENTS, type EventData, type EventOf, type EventType, type TidegateEvent } from './events.js';
import { evolve, observe } from './evolve.js';
import {
  blankObservations,
  withObservations,
  type BackendObservations,
  type Observations,
} from './observations.js';
import type { BackendState, ControlState, PoolState } from './state.js';

/** The pool and backend that an event concerns. */
export interface About {
  readonly pool?: PoolId;
  readonly backend?: BackendId;
}

/** The decider: a host for itself, or the leader of a fleet for all hosts. Each host judges backends by itself. */
export type Scope = 'host' | 'fleet';

export class Transaction {
  readonly command: Command;
  readonly scope: Scope;
  readonly #before: World;
  readonly #events: TidegateEvent[] = [];
  /** The pools that events concerned, each with the number of the last event. */
  readonly #touched = new Map<PoolId, number>();
  #state: ControlState;
  #observations: Observations;
  #epoch: number;
  #random: Random | null = null;

  constructor(command: Command, world: World, scope: Scope = 'host') {
    this.command = command;
    this.scope = scope;
    this.#before = world;
    this.#state = world.state;
    this.#observations = world.observations;
    this.#epoch = world.state.epoch;
  }

  get at(): number {
    return this.command.at;
  }

  get state(): ControlState {
    return this.#state;
  }

  get observations(): Observations {
    return this.#observations;
  }

  get touched(): ReadonlyMap<PoolId, number> {
    return this.#touched;
  }

  /** The next random number of the command, in [0, 1). */
  random(): number {
    this.#random ??= seededRandom(this.command.seed);
    return this.#random();
  }

  pool(id: PoolId): PoolState | undefined {
    return this.#state.pools.get(id);
  }

  /** A pool that must exist. Throws otherwise. */
  knownPool(id: PoolId): PoolState {
    const pool = this.pool(id);
    assert(pool !== undefined, `there is no pool ${id}`);
    return pool;
  }

  /** A backend that must exist. Throws otherwise. */
  knownBackend(pool: PoolId, id: BackendId): BackendState {
    const backend = this.knownPool(pool).backends.get(id);
    assert(backend !== undefined, `there is no backend ${id} in pool ${pool}`);
    return backend;
  }

  /** The breaker settings of a pool that must have a breaker. Throws otherwise. */
  knownBreaker(pool: PoolId): BreakerSettings {
    const { breaker } = this.knownPool(pool).settings;
    assert(breaker !== null, `pool ${pool} has no breaker`);
    return breaker;
  }

  /** The present backend, if it is still the one that the observation concerns. */
  backend(pool: PoolId, id: BackendId, generation: number): BackendState | undefined {
    const backend = this.#state.pools.get(pool)?.backends.get(id);
    return backend?.generation === generation ? backend : undefined;
  }

  /** Events recorded from now on belong to this epoch. */
  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
  }

  /**
   * Records an event and returns its number.
   * @param causedBy number of the event of this command that it follows from
   */
  emit<T extends EventType>(type: T, about: About, data: EventData[T], causedBy?: number): number {
    const { id, at, actor } = this.command;
    const seq = this.#state.seq + 1;
    const event: EventOf<T> = {
      epoch: this.#epoch,
      seq,
      at,
      type,
      schema: EVENTS[type].schema,
      ...about,
      actor,
      cause: { command: this.command.type, id, ...(causedBy === undefined ? {} : { event: causedBy }) },
      data,
    };
    // The compiler cannot see that `EventOf<T>` is a member of the union; the construction above ensures it.
    this.#take(event as TidegateEvent);
    return seq;
  }

  /**
   * Records an event of the fleet's log in this host's log. Returns its number in this host's log.
   * @param causedBy number, in this host's log, of the event that it follows from
   */
  follow(event: TidegateEvent, causedBy?: number): number {
    const { id, at } = this.command;
    const { epoch, cause } = event;
    const seq = this.#state.seq + 1;
    this.#take({
      ...event,
      epoch: this.#epoch,
      seq,
      at,
      cause: { command: cause.command, id, ...(causedBy === undefined ? {} : { event: causedBy }) },
      fleet: { epoch, seq: event.seq, at: event.at, command: cause.id },
    });
    return seq;
  }

  #take(event: TidegateEvent): void {
    this.#events.push(event);
    this.#state = evolve(this.#state, event);
    this.#observations = observe(this.#observations, event);
    if (event.pool !== undefined) this.#touched.set(event.pool, event.seq);
  }

  /** The observations of a backend. */
  seen(pool: PoolId, backend: BackendState): BackendObservations {
    return this.#observations.pools.get(pool)?.get(backend.id) ?? blankObservations(backend.generation);
  }

  /** Replaces the observations of a backend. */
  remember(pool: PoolId, backend: BackendState, seen: BackendObservations): void {
    this.#observations = withObservations(this.#observations, pool, backend.id, seen);
  }

  /** Takes the next permit number. */
  nextPermit(): number {
    const { nextPermit } = this.#observations;
    this.#observations = { ...this.#observations, nextPermit: nextPermit + 1 };
    return nextPermit;
  }

  decision(): Decision {
    const unchanged = this.#state === this.#before.state && this.#observations === this.#before.observations;
    return {
      kind: 'accepted',
      events: this.#events,
      world: unchanged ? this.#before : { state: this.#state, observations: this.#observations },
    };
  }
}
