/**
 * What operators are told of the hosts of a fleet: made from their last beats, from the list of hosts in the fleet's log, and from
 * where that log ends. Pure.
 */
import type { FleetHost } from '../domain/fleet-standing.js';
import type { FleetPosition } from './fleet-store.js';
import type { FleetTimes } from './fleet-times.js';
import type { HostReport, ReportedWorker } from './host-report.js';
import type { SeenHost } from './host-watch.js';

/** A worker of any host. */
export interface FleetWorker extends ReportedWorker {
  /** Whether it routes by all that the fleet's log has. */
  readonly isAtHead: boolean;
}

export interface FleetHostView {
  readonly host: string;
  /** It is the host that tells this. */
  readonly isSelf: boolean;
  /** It was heard of a short time ago. */
  readonly isLive: boolean;
  readonly leads: boolean;
  /** Whether it knows all that the fleet's log has. */
  readonly isAtHead: boolean;
  /** `null`: the fleet's log has it, and no report of it can be had. */
  readonly heardAgoMs: number | null;
  readonly version: string | null;
  /** What it told of itself last; `null`: nothing that this release can read. */
  readonly report: HostReport | null;
  readonly workers: readonly FleetWorker[];
}

export interface FleetHosts {
  /** False: Redis cannot be asked, so that this host knows of others only what the fleet's log has. */
  readonly isAsked: boolean;
  /** By name. */
  readonly hosts: readonly FleetHostView[];
  readonly counts: FleetCounts;
}

interface FleetHostsOptions {
  /** What was heard of hosts; of this one what it would tell now. */
  readonly seen: readonly SeenHost[];
  /** Hosts that the fleet's log has. */
  readonly members: readonly FleetHost[];
  readonly self: string;
  readonly leader: string | null;
  /** Where the fleet's log ends; `null`: it is not known. */
  readonly head: FleetPosition | null;
}

/** A beat from the future is one from before the store's clock went back. */
const CLOCK_TOLERANCE_MS = 1_000;

export function fleetHosts(
  { seen, members, self, leader, head }: FleetHostsOptions,
  times: Pick<FleetTimes, 'hostFreshMs'>,
): readonly FleetHostView[] {
  const names = new Set([...seen, ...members].map(({ host }) => host));
  return [...names].toSorted().map((host): FleetHostView => {
    const found = seen.find((one) => one.host === host);
    const report = found?.report ?? null;
    const heardAgoMs = found?.heardAgoMs ?? null;
    const isLive = heardAgoMs !== null && heardAgoMs < times.hostFreshMs && heardAgoMs > -CLOCK_TOLERANCE_MS;
    return {
      host,
      isSelf: host === self,
      isLive,
      leads: host === leader,
      isAtHead: head !== null && report !== null && isAtHead(report, head),
      heardAgoMs: heardAgoMs === null ? null : Math.max(0, heardAgoMs),
      version: report?.version ?? members.find((one) => one.host === host)?.version ?? null,
      report,
      workers: (report?.workers ?? []).map((worker) => ({
        ...worker,
        isAtHead: head !== null && worker.appliedSeq !== null && worker.appliedSeq >= head.seq,
      })),
    };
  });
}

/** A host whose beat is newer than what is known of the log may be beyond it. One that is ahead has what the log lost. */
function isAtHead({ position, ahead }: HostReport, head: FleetPosition): boolean {
  if (position === null || ahead !== null) return false;
  return position.seq > head.seq || (position.seq === head.seq && position.epoch === head.epoch);
}

export interface FleetCounts {
  readonly total: number;
  readonly live: number;
  readonly following: number;
  readonly autonomous: number;
  readonly silent: number;
  /** Every live host knows all that the fleet's log has, and so does every worker of it. */
  readonly isConverged: boolean;
}

export function countHosts(hosts: readonly FleetHostView[]): FleetCounts {
  const live = hosts.filter(({ isLive }) => isLive);
  const following = live.filter(({ report }) => report?.mode === 'following').length;
  return {
    total: hosts.length,
    live: live.length,
    following,
    autonomous: live.length - following,
    silent: hosts.length - live.length,
    isConverged:
      live.length > 0 && live.every((host) => host.isAtHead && host.workers.every((one) => one.isAtHead)),
  };
}
