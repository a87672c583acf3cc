/**
 * The position of a host in the log of its fleet. It is part of the durable state of each host, because a host that cannot
 * read the fleet's log falls back to its own.
 */
import { count } from '#shared/shape-settings.js';
import { list, object, type TypeOf } from '#shared/shape.js';
import { time, words } from './stored-shapes.js';
import { recordedIncidents, type RecordedIncidents, withRecorded } from './worker-incident.js';

/** How many terms are remembered. They tell whether another history contains this host's position. */
const MAX_TERMS = 64;
/** The most hosts that a fleet may have, live ones in its store, too. Its leader reads the reports of all once a second. */
export const MAX_HOSTS = 256;

/** The position of an event in the fleet's log, as a following host records it. */
export const fleetOrigin = object({
  epoch: count,
  seq: count,
  /** When the event happened, by the fleet's clock. */
  at: time,
  /** Id of the fleet's command that led to the event. */
  command: count,
});

export interface FleetOrigin extends TypeOf<typeof fleetOrigin> {}

const fleetTerm = object({ epoch: count, first: count });

/** A term of a leader, and the number of its first event. */
export interface FleetTerm extends TypeOf<typeof fleetTerm> {}

const fleetHost = object({ host: words, incarnation: words, version: words });

/** A host of the fleet, and the process that runs on it. */
export interface FleetHost extends TypeOf<typeof fleetHost> {}

export const fleetStanding = object(
  {
    epoch: count,
    seq: count,
    at: time,
    command: count,
    /** The newest terms, oldest first. They are the past positions that this host knows. */
    terms: list(fleetTerm, MAX_TERMS),
    hosts: list(fleetHost, MAX_HOSTS),
  },
  /** What the log has of the workers of hosts. Absent if it has nothing. */
  { incidents: recordedIncidents },
);

export interface FleetStanding extends TypeOf<typeof fleetStanding> {}

/** The position at the begin of a fleet's log. The founder brings `seq` events with it. */
export function foundedAt(seq: number, command: number, at: number): FleetStanding {
  return { epoch: 0, seq, at, command, terms: [], hosts: [] };
}

/** The position after one more event of the fleet's log. */
export function advanced(standing: FleetStanding, origin: FleetOrigin): FleetStanding {
  const { epoch, seq, at, command } = origin;
  const known = standing.terms.at(-1)?.epoch === epoch;
  const terms = known ? standing.terms : [...standing.terms, { epoch, first: seq }].slice(-MAX_TERMS);
  return { ...standing, epoch, seq, at, command, terms };
}

export function withHost(standing: FleetStanding, host: FleetHost): FleetStanding {
  return { ...standing, hosts: [...withoutHost(standing, host.host).hosts, host].slice(-MAX_HOSTS) };
}

export function withoutHost(standing: FleetStanding, host: string): FleetStanding {
  return { ...standing, hosts: standing.hosts.filter((one) => one.host !== host) };
}

/** Whether this process runs on a host of the fleet. */
export function hasProcess({ hosts }: FleetStanding, host: string, incarnation: string): boolean {
  return hosts.some((one) => one.host === host && one.incarnation === incarnation);
}

/**
 * After an event about the workers of a host.
 * @param at when it was recorded, by the fleet's clock
 */
export function withIncident(
  standing: FleetStanding,
  told: Pick<RecordedIncidents, 'host' | 'number'> & { readonly at: number },
): FleetStanding {
  const isMember = (host: string): boolean => standing.hosts.some((one) => one.host === host);
  const process = standing.hosts.find((one) => one.host === told.host);
  if (process === undefined) return standing;
  const next = { ...told, incarnation: process.incarnation };
  return { ...standing, incidents: withRecorded(standing.incidents ?? [], next, isMember) };
}
