/** Makes the documents of workers: those of this host in full, those of other hosts from what these tell the fleet. */
import { formatSize } from '#shared/settings/quantities.js';
import { isNewer } from '#shared/snapshot.js';
import type { ControlPort, FleetHostView } from '../control-port.js';
import type { RollDocument, WorkerDocument } from '../documents/status-documents.js';
import { isoTime } from '../domain/iso-time.js';
import type { RollStatus } from '../workers/roller.js';
import type { WorkerStatus } from '../workers/worker-status.js';

/** The workers of all hosts, those of this one first. */
export async function workerDocuments(port: ControlPort): Promise<readonly WorkerDocument[]> {
  const own = port.workers().map((worker) => workerDocument(port, worker));
  if (port.fleet === null) return own;
  const { hosts } = await port.fleet.hosts();
  const self = hosts.find(({ isSelf }) => isSelf);
  return [
    ...own.map((worker) => ownInFleet(worker, port.host, self)),
    ...hosts.filter(({ isSelf, isLive }) => !isSelf && isLive).flatMap(workersElsewhere),
  ];
}

function ownInFleet(worker: WorkerDocument, host: string, self: FleetHostView | undefined): WorkerDocument {
  const told = self?.workers.find(({ n }) => n === worker.worker);
  return {
    ...worker,
    host,
    applied_seq: told?.appliedSeq ?? null,
    converged: worker.converged && (self?.isAtHead ?? false),
  };
}

function workersElsewhere({ host, workers }: FleetHostView): readonly WorkerDocument[] {
  return workers.map(({ n, pid, phase, appliedSeq, isAtHead }) => ({
    worker: n,
    pid,
    phase,
    converged: isAtHead,
    host,
    applied_seq: appliedSeq,
  }));
}

export function workerDocument(port: Pick<ControlPort, 'position'>, worker: WorkerStatus): WorkerDocument {
  const { applied, lastNack } = worker;
  return {
    worker: worker.worker,
    slot: worker.index,
    pid: worker.pid,
    phase: worker.phase,
    started_at: isoTime(worker.startedAt),
    restarts: worker.restarts,
    applied: applied === null ? null : positionDocument(applied),
    converged: applied !== null && !isNewer(port.position(), applied),
    last_nack:
      lastNack === null ? null : { position: positionDocument(lastNack.position), reason: lastNack.reason },
    last_heard_at: worker.lastHeardAt === null ? null : isoTime(worker.lastHeardAt),
    connections: worker.connections,
  };
}

export function rollDocument(roll: RollStatus): RollDocument {
  const { state, cause, total, replaced, startedAt, endedAt, problem } = roll;
  return {
    state,
    reason:
      cause.kind === 'asked'
        ? `asked for by ${cause.by}`
        : `a worker was above the limit of memory, ${formatSize(cause.limitBytes)}`,
    total,
    replaced,
    started_at: isoTime(startedAt),
    ended_at: endedAt === null ? null : isoTime(endedAt),
    problem,
  };
}

export function positionDocument({ epoch, version }: { readonly epoch: number; readonly version: number }) {
  return { epoch, version };
}
