/** What the supervisor knows of one worker and its present process. */
import type { TimerHandle } from '#shared/ports.js';
import { SOON_MS } from './restart-policy.js';
import type { WorkerHandle } from './worker-spawner.js';
import type { WorkerPhase, WorkerStatus } from './worker-status.js';

export interface WorkerRecord {
  readonly index: number;
  worker: number;
  pid: number | null;
  process: WorkerHandle | null;
  phase: WorkerPhase;
  startedAt: number;
  /** When the worker is started again, while it backs off. */
  dueAt: number;
  crashes: number;
  restarts: number;
  heardAt: number | null;
  /** Heartbeats since the worker was asked for the answer that it owes; 0 if it owes none. */
  owed: number;
  /** CPU time that the worker had used when it was asked, in milliseconds. */
  askedCpuMs: number;
  malformed: number;
  endReason: string | null;
  timer: TimerHandle | null;
}

export function emptyRecord(index: number): WorkerRecord {
  return {
    index,
    worker: 0,
    pid: null,
    process: null,
    phase: 'starting',
    startedAt: 0,
    dueAt: 0,
    crashes: 0,
    restarts: 0,
    heardAt: null,
    owed: 0,
    askedCpuMs: 0,
    malformed: 0,
    endReason: null,
    timer: null,
  };
}

/** Starts a record for a new process. Facts about the previous process are dropped. */
export function fillRecord(record: WorkerRecord, process: WorkerHandle, at: number): void {
  record.process = process;
  record.worker = process.worker;
  record.pid = process.pid;
  record.phase = 'starting';
  record.startedAt = at;
  record.heardAt = null;
  record.owed = 0;
  record.askedCpuMs = 0;
  record.malformed = 0;
  record.endReason = null;
}

type Told = Pick<WorkerStatus, 'applied' | 'lastNack' | 'connections' | 'redisGuarded'>;

/** @param told what the worker itself has told */
export function workerStatus(record: WorkerRecord, told: Told): WorkerStatus {
  const { worker, index, pid, phase, startedAt, restarts, heardAt: lastHeardAt } = record;
  const { applied, lastNack, connections, redisGuarded } = told;
  return {
    worker,
    index,
    pid,
    phase,
    startedAt,
    restarts,
    applied,
    lastNack,
    lastHeardAt,
    connections,
    redisGuarded,
  };
}

/** Whether the worker forwards, is starting, or starts within `SOON_MS`. */
export function servesSoon({ phase, dueAt }: WorkerRecord, at: number): boolean {
  switch (phase) {
    case 'starting':
    case 'ready':
      return true;
    case 'backing-off':
      return dueAt <= at + SOON_MS;
    case 'stopping':
      return false;
  }
}
