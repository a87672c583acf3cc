/** The state of a fleet after more events of its log. A host that adopts a state and the events after it takes both in one step. */
import type { TidegateEvent } from './events.js';
import { evolve } from './evolve.js';
import { fleetOf, type FleetState, leaderState } from './fleet-state.js';

/** @param events in the order of the log, from the state's position on */
export function foldFleet(fleet: FleetState, events: readonly TidegateEvent[]): FleetState {
  let state = leaderState(fleet);
  for (const event of events) {
    const { epoch, seq, at, cause } = event;
    // The log says by its own numbers where it stands. A host's log says it by this field.
    state = evolve(state, { ...event, fleet: { epoch, seq, at, command: cause.id } });
  }
  return fleetOf(state);
}
