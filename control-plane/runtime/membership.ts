/** The membership of a host in its fleet: how the host joins, and the fleet as the admin API sees it. */
import type { FleetPort } from '../control-port.js';
import type { FleetNode } from '../fleet/fleet-node.js';
import type { ReportedWorker } from '../fleet/host-report.js';
import type { OwnLoop } from '../fleet/own-loop.js';
import type { PrimaryCounters } from '../metrics/primary-counters.js';

/** The part of the host that its membership uses. */
export interface MemberHost {
  reportedWorkers(): readonly ReportedWorker[];
  readonly counters: Pick<PrimaryCounters, 'joinsFleet' | 'appendUnknown'>;
}

/** Makes this host a member of its fleet. */
export interface Membership {
  /** The name of the fleet. */
  readonly name: string;
  readonly join: (loop: OwnLoop, host: MemberHost) => FleetNode;
}

export function fleetPort(name: string, node: FleetNode): FleetPort {
  return {
    name,
    status: () => node.status(),
    hosts: () => node.hosts(),
    watched: () => node.watched(),
    findWrite: (nonce) => node.findWrite(nonce),
  };
}
