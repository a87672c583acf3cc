/**
 * Where a host stands in the log of its fleet. Part of the durable state of each host, which follows that log: what its own
 * log has is also what it falls back to when the fleet's cannot be read.
 */
import { count } from '#shared/shape-settings.js';
import { list, object, type TypeOf } from '#shared/shape.js';
import { time, words } from './stored-shapes.js';

/** Terms that are remembered: enough to tell whether another history is a part of the own past. */
const MAX_TERMS = 64;
/** Hosts of a fleet. */
export const MAX_HOSTS = 256;

/** Where an event stands in the fleet's log, as the host that follows it records it. */
export const fleetOrigin = object({
  epoch: count,
  seq: count,
  /** When it happened, by the fleet's clock. */
  at: time,
  /** Id of the fleet's command that led to it. */
  command: count,
});

export interface FleetOrigin extends TypeOf<typeof fleetOrigin> {}

const fleetTerm = object({ epoch: count, first: count });

/** A term of a leader, and the number of its first event. */
export interface FleetTerm extends TypeOf<typeof fleetTerm> {}

const fleetHost = object({ host: words, incarnation: words, version: words });

/** A host that belongs to the fleet, and the process that runs there. */
export interface FleetHost extends TypeOf<typeof fleetHost> {}

export const fleetStanding = object({
  epoch: count,
  seq: count,
  at: time,
  command: count,
  /** Of the newest terms, oldest first: the positions of the past that this host knows. */
  terms: list(fleetTerm, MAX_TERMS),
  hosts: list(fleetHost, MAX_HOSTS),
});

export interface FleetStanding extends TypeOf<typeof fleetStanding> {}

/** At the beginning of a fleet's log, after `seq` events of what its founder had before. */
export function foundedAt(seq: number, command: number, at: number): FleetStanding {
  return { epoch: 0, seq, at, command, terms: [], hosts: [] };
}

/** After one more event of the fleet's log. */
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
