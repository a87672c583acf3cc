/** One place among the workers, with the process that fills it. */
import type { TimerHandle } from '#shared/ports.js';
import type { WorkerHandle } from './worker-spawner.js';
import type { WorkerPhase } from './worker-status.js';

export interface Slot {
  readonly slot: number;
  worker: number;
  pid: number | null;
  process: WorkerHandle | null;
  phase: WorkerPhase;
  startedAt: number;
  /** When it is started again, while it backs off. */
  dueAt: number;
  crashes: number;
  restarts: number;
  heardAt: number | null;
  /** Heartbeats since the worker was asked for an answer that it still owes; 0: it owes none. */
  owed: number;
  /** The CPU time that it had had when it was asked for that answer. */
  askedCpuMs: number;
  malformed: number;
  endReason: string | null;
  timer: TimerHandle | null;
}

export function emptySlot(index: number): Slot {
  return {
    slot: index,
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

/** Forgets what was known of the process before. */
export function fillSlot(slot: Slot, process: WorkerHandle, at: number): void {
  slot.process = process;
  slot.worker = process.worker;
  slot.pid = process.pid;
  slot.phase = 'starting';
  slot.startedAt = at;
  slot.heardAt = null;
  slot.owed = 0;
  slot.askedCpuMs = 0;
  slot.malformed = 0;
  slot.endReason = null;
}
