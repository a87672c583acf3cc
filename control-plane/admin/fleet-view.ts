/** Makes the documents about a fleet from what this host knows of it. */
import type { Availability } from '#shared/backend-state.js';
import type { FleetHosts, FleetHostView, FleetPort } from '../control-port.js';
import type { FleetDocument, HostDocument, WriteDocument } from '../documents/fleet-documents.js';
import { isoTime } from '../domain/iso-time.js';

export function fleetDocument(
  fleet: FleetPort,
  host: string,
  { isAsked, counts }: FleetHosts,
): FleetDocument {
  const { mode, why, leader, leads, position, head, heardAgoMs, problem } = fleet.status();
  return {
    name: fleet.name,
    host,
    mode: mode.kind,
    why,
    leader,
    leads,
    position: position && positionDocument(position),
    head: head && positionDocument(head),
    hosts: isAsked ? { live: counts.live, total: counts.total } : null,
    converged: isAsked ? counts.isConverged : null,
    heard_ms: wholeMs(heardAgoMs),
    problem,
    warning: fleet.warning(),
  };
}

export function hostDocument(view: FleetHostView): HostDocument {
  const { report, workers } = view;
  return {
    host: view.host,
    self: view.isSelf,
    live: view.isLive,
    leads: view.leads,
    mode: report?.mode ?? null,
    version: view.version,
    position: report?.position ? positionDocument(report.position) : null,
    at_head: view.isAtHead,
    heard_ms: wholeMs(view.heardAgoMs),
    workers: {
      ready: workers.filter(({ phase }) => phase === 'ready').length,
      total: workers.length,
      converged: workers.filter(({ isAtHead }) => isAtHead).length,
    },
    backends_out: report?.outTotal ?? null,
    problem: report?.problem ?? null,
  };
}

/** The position may have more fields, such as those of the head of a log. */
function positionDocument({ epoch, seq }: { readonly epoch: number; readonly seq: number }) {
  return { epoch, seq };
}

/** A backend that is not available by the verdict of another host. */
interface OtherVerdict {
  readonly host: string;
  readonly availability: Availability;
  readonly since: string;
}

/** What the other live hosts make of a backend; `null`: Redis cannot be asked. */
export type Elsewhere = (pool: string, backend: string) => readonly OtherVerdict[] | null;

const NOWHERE: readonly OtherVerdict[] = [];

export function elsewhereIn({ isAsked, hosts }: FleetHosts): Elsewhere {
  if (!isAsked) return () => null;
  const verdicts = new Map<string, OtherVerdict[]>();
  for (const { host, isSelf, isLive, report } of hosts) {
    if (isSelf || !isLive) continue;
    for (const { pool, backend, availability, since } of report?.out ?? []) {
      const key = `${pool}/${backend}`;
      const others = verdicts.get(key) ?? [];
      verdicts.set(key, [...others, { host, availability, since: isoTime(since) }]);
    }
  }
  return (pool, backend) => verdicts.get(`${pool}/${backend}`) ?? NOWHERE;
}

type WriteFate = Exclude<Awaited<ReturnType<FleetPort['findWrite']>>, { kind: 'unavailable' } | null>;

export function writeDocument(nonce: string, fate: WriteFate): WriteDocument {
  const document = { nonce, outcome: fate.kind, detail: WRITE_DETAILS[fate.kind] };
  switch (fate.kind) {
    case 'accepted':
      return { ...document, position: positionDocument(fate), events: fate.events };
    case 'rejected':
      return { ...document, detail: `It was refused: ${fate.message}.`, code: fate.code };
    case 'expired':
    case 'moved':
    case 'unknown':
      return document;
  }
}

const WRITE_DETAILS: { readonly [K in WriteFate['kind']]: string } = {
  accepted: 'It was carried out.',
  rejected: 'It was refused.',
  expired: 'It reached the leader too late: it was not carried out, and will not be.',
  moved: 'Its leader ceased to lead before it was carried out, and no later leader will carry it out.',
  unknown:
    'No leader has answered it yet. If it has not been carried out within 5 s, it will not be; read the pool to see.',
};

/** Where this host stands in the log of the fleet, and how old its news are, as headers of an answer. */
export function fleetHeaders(fleet: FleetPort | null): Readonly<Record<string, string>> {
  if (fleet === null) return {};
  const { position, heardAgoMs } = fleet.status();
  return {
    ...(position === null ? {} : { 'x-tidegate-position': `${position.seq}-${position.epoch}` }),
    ...(heardAgoMs === null ? {} : { 'x-tidegate-age-ms': String(wholeMs(heardAgoMs)) }),
  };
}

function wholeMs(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms));
}
