/**
 * All events that any server ever stored for the fleet, in lost histories too, as a tree: what came before which, where batches ended,
 * and what state they led to. Neither a server nor a host has this memory.
 */
import type { TidegateEvent } from '../../../control-plane/domain/events.js';
import { evolve } from '../../../control-plane/domain/evolve.js';
import { fleetOf, type FleetState, leaderState } from '../../../control-plane/domain/fleet-state.js';
import type { ControlState } from '../../../control-plane/domain/state.js';
import { readEvents } from '../../../control-plane/fleet/fleet-codec.js';
import type { FleetPosition, LogEntry } from '../../../control-plane/fleet/fleet-store.js';

/** An event where it was stored. */
export interface Place extends FleetPosition {
  readonly text: string;
  readonly event: TidegateEvent | null;
  /** The place before it; `null`: a history began with it. */
  readonly before: Place | null;
  /** The fold of all events up to it. */
  readonly state: ControlState;
  /** A batch ended here, so hosts may stand here. */
  isEnd: boolean;
}

export class Histories {
  readonly #places = new Map<string, Place>();

  at(position: FleetPosition | null): Place | undefined {
    return position === null ? undefined : this.#places.get(keyOf(position));
  }

  /** A fleet is founded with this state. */
  found(fleet: FleetState): Place {
    const { epoch, seq } = fleet.standing;
    const place = { epoch, seq, text: '', event: null, before: null, state: leaderState(fleet), isEnd: true };
    this.#places.set(keyOf(place), place);
    return place;
  }

  add(before: Place, { position, text }: LogEntry): Place {
    const events = readEvents([{ position, text }]);
    if (!events.ok) throw new Error(events.problem);
    const [event] = events.value;
    if (event === undefined) throw new Error('an entry is an event');
    const { epoch, seq, at, cause } = event;
    const state = evolve(before.state, { ...event, fleet: { epoch, seq, at, command: cause.id } });
    const place = { ...position, text, event, before, state, isEnd: false };
    this.#places.set(keyOf(position), place);
    return place;
  }
}

/** Whether one comes before the other in its history, or is the same. */
export function isPastOf(past: Place, place: Place | undefined): boolean {
  let one: Place | null = place ?? null;
  while (one !== null && one.seq > past.seq) one = one.before;
  return one === past;
}

/** The fleet's state at a place. */
export function fleetAt(place: Place): FleetState {
  return fleetOf(place.state);
}

export function keyOf({ epoch, seq }: FleetPosition): string {
  return `${seq}-${epoch}`;
}
