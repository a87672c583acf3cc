/** What the control plane reports of a worker. */
import type { SnapshotPosition } from '#shared/snapshot.js';

export const WORKER_PHASES = ['starting', 'ready', 'stopping', 'backing-off'] as const;
export type WorkerPhase = (typeof WORKER_PHASES)[number];

/** A worker as `/api/v1/workers` shows it. */
export interface WorkerStatus {
  /** Number of this process, unique during the life of the primary. Permits and metrics use it. */
  readonly worker: number;
  /** Index among the workers, from 0. A replacement keeps the index. */
  readonly index: number;
  readonly pid: number | null;
  readonly phase: WorkerPhase;
  readonly startedAt: number;
  readonly restarts: number;
  readonly applied: SnapshotPosition | null;
  readonly lastNack: { readonly position: SnapshotPosition; readonly reason: string } | null;
  readonly lastHeardAt: number | null;
  readonly connections: number;
  /** Whether the worker has stopped asking Redis for sessions at present; `null` if sessions are not kept in Redis. */
  readonly redisGuarded: boolean | null;
}
