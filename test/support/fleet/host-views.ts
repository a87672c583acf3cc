/** Hosts of a fleet as operators are told of them, and a fleet as the admin API sees it. */
import type { FleetPort } from '../../../control-plane/control-port.js';
import {
  countHosts,
  type FleetHosts,
  fleetHosts,
  type FleetHostView,
} from '../../../control-plane/fleet/fleet-hosts.js';
import type { FleetStatus } from '../../../control-plane/fleet/fleet-status.js';
import { FLEET_TIMES } from '../../../control-plane/fleet/fleet-times.js';
import type { HostReport } from '../../../control-plane/fleet/host-report.js';
import type { SeenHost } from '../../../control-plane/fleet/host-watch.js';
import type { OutBackend } from '../../../control-plane/fleet/out-backends.js';
import type { WriteFate } from '../../../control-plane/fleet/remote-writes.js';
import { backendId, poolId } from '../../../shared/ids.js';
import { HOST } from '../workers.js';

export const HEAD = { epoch: 9, seq: 45 };

export function hostReport(over: Partial<HostReport> = {}): HostReport {
  return {
    version: '0.1.0',
    candidate: true,
    mode: 'following',
    position: HEAD,
    ahead: null,
    wasAutonomous: null,
    problem: null,
    workers: [{ n: 1, pid: 101, phase: 'ready', appliedSeq: HEAD.seq }],
    out: [],
    outTotal: 0,
    incidents: [],
    ...over,
  };
}

export function seenHost(host: string, over: Partial<HostReport> = {}, heardAgoMs = 300): SeenHost {
  return { host, incarnation: `${host}-1`, heardAgoMs, report: hostReport(over) };
}

/** A backend that a host has ejected. */
export function outBackend(pool: string, backend: string, since: number): OutBackend {
  return { pool: poolId(pool), backend: backendId(backend), availability: 'ejected', since };
}

interface ViewsOptions {
  readonly self?: string;
  readonly leader?: string | null;
  readonly members?: readonly string[];
}

export function hostViews(
  seen: readonly SeenHost[],
  { self = HOST, leader = HOST, members = [] }: ViewsOptions = {},
): readonly FleetHostView[] {
  const known = members.map((host) => ({ host, incarnation: `${host}-1`, version: '0.1.0' }));
  return fleetHosts({ seen, members: known, self, leader, head: HEAD }, FLEET_TIMES);
}

/** A fleet whose answers a test can change. */
export interface TestFleet extends FleetPort {
  state: FleetStatus;
  trouble: string | null;
  seen: readonly SeenHost[] | null;
  members: readonly string[];
  readonly writes: Map<string, WriteFate>;
  canAsk: boolean;
}

/** Two hosts that follow, of which this one leads. */
export function testFleet(): TestFleet {
  const fleet: TestFleet = {
    name: 'shop',
    state: {
      mode: { kind: 'following' },
      why: null,
      leader: HOST,
      leads: true,
      position: HEAD,
      head: HEAD,
      heardAgoMs: 250,
      clockAheadMs: -40,
      problem: null,
    },
    trouble: null,
    warning: () => fleet.trouble,
    seen: [seenHost(HOST, {}, 0), seenHost('lb-2')],
    members: [HOST, 'lb-2'],
    writes: new Map(),
    canAsk: true,
    status: () => fleet.state,
    hosts: async () => ({ ...views(), isAsked: fleet.canAsk }),
    watched: () => (fleet.state.leads ? views() : null),
    findWrite: async (nonce) =>
      fleet.canAsk ? (fleet.writes.get(nonce) ?? null) : { kind: 'unavailable', reason: 'it is gone' },
  };
  const views = (): FleetHosts => {
    const { leader } = fleet.state;
    const seen = (fleet.seen ?? []).filter(({ host }) => fleet.canAsk || host === HOST);
    const hosts = hostViews(seen, { leader, members: fleet.members });
    return { isAsked: true, hosts, counts: countHosts(hosts) };
  };
  return fleet;
}
