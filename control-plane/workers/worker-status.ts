/** What the control plane tells of a worker. */
import type { SnapshotPosition } from '#shared/snapshot.js';

export const WORKER_PHASES = ['starting', 'ready', 'stopping', 'backing-off'] as const;
export type WorkerPhase = (typeof WORKER_PHASES)[number];

/** One worker as `/api/v1/workers` shows it. */
export interface WorkerStatus {
  /** Number of this process in the life of the primary; permits and metrics name it. */
  readonly worker: number;
  /** Index among the workers, from 0: kept when a worker is replaced. */
  readonly index: number;
  readonly pid: number | null;
  readonly phase: WorkerPhase;
  readonly startedAt: number;
  readonly restarts: number;
  readonly applied: SnapshotPosition | null;
  readonly lastNack: { readonly position: SnapshotPosition; readonly reason: string } | null;
  readonly lastHeardAt: number | null;
  readonly connections: number;
  /** Whether it does not ask Redis for sessions at present; `null`: they are not kept there. */
  readonly redisGuarded: boolean | null;
}
