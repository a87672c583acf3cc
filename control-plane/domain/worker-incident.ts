/**
 * What happens to the workers of a host that its whole fleet is to know: a worker died, or another forwards in its place. Each host
 * numbers its incidents and tells the newest. The leader records them in the fleet's log, each once, and the state of the fleet says
 * up to which number it has.
 */
import { count } from '#shared/shape-settings.js';
import { list, object, tagged, text, type TypeOf } from '#shared/shape.js';
import { time, words } from './stored-shapes.js';

/** Incidents that a host tells with one beat: its newest that the fleet's log does not have. Those before are only counted. */
export const MAX_TOLD_INCIDENTS = 16;
/** Longest reason that is told of an incident, in characters. */
export const MAX_INCIDENT_REASON = 256;
/**
 * Most events about the workers of one host in `INCIDENT_WINDOW_MS`, because a worker that dies again and again must not push
 * writes and elections out of the log. What comes then is recorded, or counted, when the time is over.
 */
export const MAX_INCIDENT_EVENTS = 16;
/** In milliseconds of the fleet's clock, from the first of these events on. */
export const INCIDENT_WINDOW_MS = 600_000;
/** Hosts that have left whose incidents are remembered: one that was only silent may come back and tell them again. */
const MAX_DEPARTED = 256;

const incident = {
  /** Counts the incidents of one process of the host, from 1. */
  number: count,
  /** By the fleet's clock. */
  at: time,
  /** Number of the worker on its host. */
  n: count,
  pid: count,
};

export const workerIncident = tagged('kind', {
  exited: object({ ...incident, reason: text(MAX_INCIDENT_REASON) }),
  /** The worker forwards, in place of one that died. */
  ready: object(incident),
});

export type WorkerIncident = TypeOf<typeof workerIncident>;

const recorded = object({
  host: words,
  incarnation: words,
  /** The last incident of that process that the log has, or counts among those that it has not. */
  number: count,
  /** When the present window began, by the fleet's clock, and how many events it has. */
  from: time,
  events: count,
});

/** What the fleet's log has of the incidents of one host. */
export interface RecordedIncidents extends TypeOf<typeof recorded> {}

/** The longest list: those of 256 hosts of the fleet, and of as many that have left. */
export const recordedIncidents = list(recorded, 2 * MAX_DEPARTED);

type AllRecorded = readonly RecordedIncidents[];

/** The last incident of this process that the log has; 0: none. */
export function lastRecorded(all: AllRecorded, incarnation: string): number {
  return all.find((one) => one.incarnation === incarnation)?.number ?? 0;
}

/** Whether the log has room for one more event about the workers of this host. */
export function mayRecord(all: AllRecorded, host: string, at: number): boolean {
  const known = all.find((one) => one.host === host);
  return known === undefined || isOver(known, at) || known.events < MAX_INCIDENT_EVENTS;
}

/** When the log has room again, if one more event about the workers of this host is the last; `null`: there may be more. */
export function silentUntil(all: AllRecorded, host: string, at: number): number | null {
  const known = all.find((one) => one.host === host);
  const isLast = known !== undefined && !isOver(known, at) && known.events === MAX_INCIDENT_EVENTS - 1;
  return isLast ? known.from + INCIDENT_WINDOW_MS : null;
}

/** After one more event about the workers of this host. */
export function withRecorded(
  all: AllRecorded,
  { host, incarnation, number, at }: Pick<RecordedIncidents, 'host' | 'incarnation' | 'number'> & Timed,
  isMember: (host: string) => boolean,
): AllRecorded {
  const known = all.find((one) => one.host === host);
  const window = known === undefined || isOver(known, at) ? { from: at, events: 0 } : known;
  const next = { host, incarnation, number, from: window.from, events: window.events + 1 };
  const rest = all.filter((one) => one.host !== host);
  const departed = rest.filter((one) => !isMember(one.host));
  const forgotten = new Set(departed.slice(0, Math.max(0, departed.length - MAX_DEPARTED)));
  return [...rest.filter((one) => !forgotten.has(one)), next];
}

interface Timed {
  /** By the fleet's clock. */
  readonly at: number;
}

function isOver({ from }: RecordedIncidents, at: number): boolean {
  return at >= from + INCIDENT_WINDOW_MS;
}
