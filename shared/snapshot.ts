/**
 * What workers need to forward, whole: built by the primary, encoded once, swapped in by one assignment. Ordered by
 * (epoch, version); a worker applies only a newer one.
 */
import type { AdminState, Availability } from './backend-state.js';
import type { BackendId, PoolId } from './ids.js';
import type {
  Algorithm,
  BackendAddress,
  ForwardingSettings,
  PoolSettings,
  QueueSettings,
  Route,
  StickySettings,
} from './settings.js';

/**
 * The right to send one trial request to a half-open backend. Single use, given to one worker. The worker reports
 * its result and its return; what it has not used within `TRIAL_PERMIT_USE_MS` it returns unused.
 */
export interface TrialPermit {
  readonly permit: number;
  readonly worker: number;
  /**
   * No longer usable, because the breaker has opened or closed since. Still listed so that its worker returns it, even a
   * worker that never saw it valid (of the snapshots on the way to a worker only the newest is sent). Absent: no.
   */
  readonly spent?: boolean;
}

/** A worker returns a permit that it could not use for this long, so that another worker can have it. */
export const TRIAL_PERMIT_USE_MS = 1_000;

export interface BackendSnapshot {
  readonly id: BackendId;
  readonly address: BackendAddress;
  readonly weight: number;
  readonly availability: Availability;
  readonly admin: AdminState;
  /** Changes when the id is given to another backend (removed and added again, or another address). */
  readonly generation: number;
  /** Permits not yet returned, of all workers: each is listed from its grant to its return. */
  readonly permits: readonly TrialPermit[];
  /** Attempts in flight that all workers of this host together may have here. Absent: any number. */
  readonly maxConnections?: number;
}

export interface PoolSnapshot extends Pick<PoolSettings, 'timeouts' | 'retry'> {
  readonly id: PoolId;
  /** Sequence number of the last event that changed the pool. */
  readonly version: number;
  readonly algorithm: Algorithm;
  readonly sticky: StickySettings | null;
  /** Sessions that began before, milliseconds since 1970, are over. Absent: none were ended. */
  readonly sessionsFrom?: number;
  /** Too many backends are ejected: those that their breakers took out serve again. */
  readonly panic: boolean;
  readonly queue: QueueSettings;
  readonly backends: readonly BackendSnapshot[];
}

export interface Snapshot {
  readonly epoch: number;
  /** Rises with each snapshot published in this epoch. */
  readonly version: number;
  /** Sequence number of the last event contained. */
  readonly seq: number;
  readonly at: number;
  readonly forwarding: ForwardingSettings;
  readonly routes: readonly Route[];
  readonly pools: readonly PoolSnapshot[];
}

export interface SnapshotPosition {
  readonly epoch: number;
  readonly version: number;
}

/** Total order of snapshots: whether `a` is newer than `b`. */
export function isNewer(a: SnapshotPosition, b: SnapshotPosition): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version);
}
