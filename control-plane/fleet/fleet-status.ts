/** What operators are told of the fleet as one host sees it, and what that host tells of itself. Pure. */
import { MAX_HOSTS } from '../domain/fleet-standing.js';
import type { ControlState } from '../domain/state.js';
import { lastRecorded, MAX_TOLD_INCIDENTS, type WorkerIncident } from '../domain/worker-incident.js';
import type { Contact } from './contact.js';
import type { FleetMode } from './fleet-mode.js';
import { type BeatRefusal, type FleetPosition } from './fleet-store.js';
import { WHY_ALONE } from './fleet-submit.js';
import type { Place } from './follow-plan.js';
import type { HostReport, ReportedWorker } from './host-report.js';
import { backendsOut } from './out-backends.js';

export interface FleetStatus {
  readonly mode: FleetMode;
  /** Why this host goes on by itself, in a few words; `null`: it follows. */
  readonly why: string | null;
  /** The host that leads; `null`: none that is known. */
  readonly leader: string | null;
  readonly leads: boolean;
  /** Where this host stands in the fleet's log; `null`: nowhere. */
  readonly position: FleetPosition | null;
  /** The fleet's last event, as far as this host has heard; `null`: there is no log. */
  readonly head: FleetPosition | null;
  /** How long ago the store was heard of; `null`: never. */
  readonly heardAgoMs: number | null;
  /** How much the clock of the fleet is ahead of that of this host; `null`: it is not known. */
  readonly clockAheadMs: number | null;
  /** Why this host cannot follow, in one sentence. */
  readonly problem: string | null;
}

interface Known {
  readonly mode: FleetMode;
  readonly state: ControlState;
  readonly problem: string | null;
}

interface StatusOptions extends Known {
  readonly host: string;
  /** The last event that this host has stored in its term; `null`: it does not lead. */
  readonly stored: FleetPosition | null;
  readonly contact: Contact;
  readonly head: FleetPosition | null;
  readonly clockAheadMs: number | null;
  readonly now: number;
}

export function fleetStatus(options: StatusOptions): FleetStatus {
  const { mode, state, problem, host, stored, contact, head, clockAheadMs, now } = options;
  const { answeredAt, lease } = contact;
  return {
    mode,
    why: mode.kind === 'following' ? null : WHY_ALONE[mode.why],
    leader: stored !== null ? host : lease !== null && lease.endsAt > now ? lease.host : null,
    leads: stored !== null,
    position: positionOf(state),
    head: stored ?? head,
    heardAgoMs: answeredAt === null ? null : now - answeredAt,
    clockAheadMs,
    problem,
  };
}

/** Why the store takes no beat of this host, and what to do, in one sentence. */
export function refusalText(refusal: BeatRefusal, host: string): string {
  return refusal === 'taken'
    ? `another process lives under the name of host ${host}`
    : `the fleet has ${MAX_HOSTS} live hosts, which is the most: stop one of them, or give this host another cluster.name; it joins as soon as there is room`;
}

/** What a host knows of itself whether it belongs to a fleet or not. */
export interface ReportDeps extends Pick<HostReport, 'version'> {
  /** Names this process. */
  readonly incarnation: string;
  /** Whether it may lead. */
  readonly candidate: boolean;
  /** Whether it checks backends. A host that takes no traffic has no verdicts. */
  readonly judges: boolean;
  readonly workers: () => readonly ReportedWorker[];
  /** What happened to its workers, oldest first, by the clock of the host. */
  readonly incidents: () => readonly WorkerIncident[];
}

interface ReportOptions extends Known, ReportDeps, Pick<HostReport, 'wasAutonomous'> {
  readonly place: Place;
  readonly clockAheadMs: number | null;
}

/** What a host tells of itself with a beat. */
export function ownReport(options: ReportOptions): HostReport {
  const { version, candidate, judges, mode, state, place, wasAutonomous, problem, workers } = options;
  const { fleet } = state;
  return {
    version,
    candidate,
    wasAutonomous,
    problem,
    workers: workers(),
    incidents: unrecorded(options),
    mode: mode.kind,
    position: positionOf(state),
    ahead: place === 'ahead' && fleet !== null ? { at: fleet.at, seq: fleet.seq } : null,
    ...(judges ? backendsOut(state) : {}),
  };
}

function positionOf({ fleet }: ControlState): FleetPosition | null {
  return fleet === null ? null : { epoch: fleet.epoch, seq: fleet.seq };
}

/** The newest incidents that the fleet's log does not have, by the fleet's clock. */
function unrecorded({
  state,
  incarnation,
  incidents,
  clockAheadMs,
}: ReportOptions): readonly WorkerIncident[] {
  const last = lastRecorded(state.fleet?.incidents ?? [], incarnation);
  const aheadMs = Math.round(clockAheadMs ?? 0);
  return incidents()
    .filter(({ number }) => number > last)
    .slice(-MAX_TOLD_INCIDENTS)
    .map((incident) => ({ ...incident, at: incident.at + aheadMs }));
}
