/** Events of a fleet: hosts come and go, one of them leads, and its history begins or is lost. */
import { flag, object, oneOf } from '#shared/shape.js';
import { count } from '#shared/shape-settings.js';
import { event, inFleet } from './event-entry.js';
import { withHost, withoutHost } from './fleet-standing.js';
import { adopted, completedFleet, fleetState } from './fleet-state.js';
import { forgetStrangers } from './forget-observations.js';
import { time, words } from './stored-shapes.js';

const history = { schema: 1, level: 'info', evolve: null, observe: null } as const;

export const FLEET_EVENTS = {
  /** A host decides for the fleet from here on. */
  LeaderElected: event(object({ host: words, incarnation: words, version: words }), history),
  /** The log begins, with what the founder had. */
  FleetFounded: event(object({ host: words }), history),
  /** The store lost the events after `from`, or all of them. What this host knew of them was put back as a state, up to `to`. */
  HistoryLost: event(object({ host: words, from: count, to: count }), { ...history, level: 'error' }),
  HostJoined: event(object({ host: words, incarnation: words, version: words }), {
    ...history,
    evolve: inFleet((fleet, { data }) => withHost(fleet, data)),
  }),
  /** `left`: it said so. `silent`: it was not heard of for long. */
  HostLeft: event(object({ host: words, reason: oneOf('left', 'silent') }), {
    ...history,
    level: ({ reason }) => (reason === 'silent' ? 'warn' : 'info'),
    evolve: inFleet((fleet, { data }) => withoutHost(fleet, data.host)),
  }),
  /** The host did not follow the fleet's log for a time, and went on by itself. */
  HostWasAutonomous: event(object({ host: words, from: time, to: time }), { ...history, level: 'warn' }),
  /** The fleet's state in the place of the own one, because the events that lead there cannot be had. Only in a host's own log. */
  FleetAdopted: event(object({ fleet: fleetState, keepsVerdicts: flag }), {
    schema: 1,
    level: 'info',
    complete: (data) => ({ ...data, fleet: completedFleet(data.fleet) }),
    evolve: (state, { at, data }) => adopted(state, { ...data, at }),
    observe: (observations, { data }) => forgetStrangers(observations, data),
  }),
};
