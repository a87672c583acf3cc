/** The membership of a host in its fleet: how the host joins, and the fleet as the admin API sees it. */
import type { FleetPort } from '../control-port.js';
import type { WorkerIncident } from '../domain/worker-incident.js';
import type { FleetNode } from '../fleet/fleet-node.js';
import type { ReportedWorker } from '../fleet/host-report.js';
import type { OwnLoop } from '../fleet/own-loop.js';
import type { PrimaryCounters } from '../metrics/primary-counters.js';

/** The part of the host that its membership uses. */
export interface MemberHost {
  reportedWorkers(): readonly ReportedWorker[];
  incidents(): readonly WorkerIncident[];
  readonly counters: Pick<PrimaryCounters, 'joinsFleet' | 'appendUnknown' | 'appendUnreplicated'>;
}

/** Makes this host a member of its fleet. */
export interface Membership {
  /** The name of the fleet. */
  readonly name: string;
  readonly join: (loop: OwnLoop, host: MemberHost) => FleetNode;
  /** What is wrong with how changes of this host are stored; `null`: nothing. */
  readonly warning: () => string | null;
}

export function fleetPort(
  { name, warning }: Pick<Membership, 'name' | 'warning'>,
  node: FleetNode,
): FleetPort {
  return {
    name,
    warning,
    status: () => node.status(),
    hosts: () => node.hosts(),
    watched: () => node.watched(),
    findWrite: (nonce) => node.findWrite(nonce),
  };
}
