/**
 * Folds an event into the durable state and the observations, according to its entry in the catalogue. Total: `evolve` never
 * throws and never refuses. An event that does not apply (its backend is missing, its pool exists already) changes only the
 * number of the last event. An event that the state contains already is ignored, so folding a log twice gives the same
 * state.
 */
import { advanced, foundedAt } from './fleet-standing.js';
import { EVENTS, type EventOf, type EventType, type TidegateEvent } from './events.js';
import type { Observations } from './observations.js';
import type { ControlState } from './state.js';

export function evolve<T extends EventType>(state: ControlState, event: EventOf<T>): ControlState {
  if (event.seq <= state.seq) return state;
  const change = EVENTS[event.type].evolve;
  const changed = change === null ? state : change(state, event);
  const { epoch, seq, at, fleet } = event;
  const next = { ...changed, epoch: Math.max(state.epoch, epoch), seq, at };
  if (fleet === undefined) return next;
  return { ...next, fleet: advanced(next.fleet ?? foundedAt(0, 0, 0), fleet) };
}

export function fold(state: ControlState, events: Iterable<TidegateEvent>): ControlState {
  let folded = state;
  for (const event of events) folded = evolve(folded, event);
  return folded;
}

export function observe<T extends EventType>(observations: Observations, event: EventOf<T>): Observations {
  const change = EVENTS[event.type].observe;
  return change === null ? observations : change(observations, event);
}
