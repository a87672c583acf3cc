/** Events of a fleet: hosts join and leave, one of them leads, and the history begins or is lost. */
import { flag, object, oneOf } from '#shared/shape.js';
import { count } from '#shared/shape-settings.js';
import { event, inFleet } from './event-entry.js';
import { withHost, withIncident, withoutHost } from './fleet-standing.js';
import { adopted, completedFleet, fleetState } from './fleet-state.js';
import { forgetStrangers } from './forget-observations.js';
import { time, words } from './stored-shapes.js';

const incident = { host: words, /** Number of the worker on its host. */ n: count, pid: count };
/** When it happened, by the fleet's clock, and its number among the incidents of the host's process. */
const told = { happenedAt: time, number: count };
/** Present in the last event about the workers of a host for some time: when the log has room for more of them. */
const silence = { silentUntil: time };
/** Remembers that the log has the incident, so that no leader records it again. */
const recorded = inFleet<{ readonly host: string; readonly number: number }>(
  (fleet, { at, fleet: origin, data }) =>
    withIncident(fleet, { host: data.host, number: data.number, at: origin?.at ?? at }),
);

const history = { schema: 1, level: 'info', evolve: null, observe: null } as const;

export const FLEET_EVENTS = {
  /** From here on, this host decides for the fleet. */
  LeaderElected: event(object({ host: words, incarnation: words, version: words }), history),
  /** The log of the fleet begins with the state of the founder. */
  FleetFounded: event(object({ host: words }), history),
  /** The store lost the events after `from`, or all. The leader restored the state that it knew, up to event `to`. */
  HistoryLost: event(object({ host: words, from: count, to: count }), { ...history, level: 'error' }),
  HostJoined: event(object({ host: words, incarnation: words, version: words }), {
    ...history,
    evolve: inFleet((fleet, { data }) => withHost(fleet, data)),
  }),
  /** `left`: the host said that it leaves. `silent`: the fleet has not heard of the host for long. */
  HostLeft: event(object({ host: words, reason: oneOf('left', 'silent') }), {
    ...history,
    level: ({ reason }) => (reason === 'silent' ? 'warn' : 'info'),
    evolve: inFleet((fleet, { data }) => withoutHost(fleet, data.host)),
  }),
  /** The host did not follow the log of the fleet for a time and decided alone. */
  HostWasAutonomous: event(object({ host: words, from: time, to: time }), { ...history, level: 'warn' }),
  /** A worker of a host died. That host has `WorkerExited` in its own log, too. */
  HostWorkerExited: event(object({ ...incident, reason: words, ...told }, silence), {
    ...history,
    level: 'warn',
    evolve: recorded,
  }),
  /** A worker of a host forwards in place of one that died. */
  HostWorkerReady: event(object({ ...incident, ...told }, silence), { ...history, evolve: recorded }),
  /**
   * So many incidents of workers of a host, up to `number`, are not in the log: more happened at once than a host tells, or than
   * the log takes.
   */
  HostIncidentsUntold: event(object({ host: words, count, number: count }, silence), {
    ...history,
    level: 'warn',
    evolve: recorded,
  }),
  /**
   * This host decides alone from here on. Its position in the log of the fleet is forgotten, because what it decides now
   * would else seem to be what the log has there. This event only occurs in a host's own log.
   */
  FleetLeft: event(object({}), {
    ...history,
    evolve: (state) => ({ ...state, fleet: null }),
  }),
  /**
   * The state of the fleet replaces that of the host, because the events that lead to it are not available. This event only
   * occurs in a host's own log.
   */
  FleetAdopted: event(object({ fleet: fleetState, keepsVerdicts: flag }), {
    schema: 1,
    level: 'info',
    complete: (data) => ({ ...data, fleet: completedFleet(data.fleet) }),
    evolve: (state, { at, data }) => adopted(state, { ...data, at }),
    observe: (observations, { data }) => forgetStrangers(observations, data),
  }),
};
