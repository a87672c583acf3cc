/**
 * All that workers need to forward. The primary builds and encodes a snapshot once, and a worker replaces its snapshot by
 * one assignment. Snapshots are ordered by (epoch, version); a worker applies only newer ones.
 */
import type { AdminState, Availability } from './backend-state.js';
import type { BackendId, PoolId } from './ids.js';
import type { BackendAddress, ForwardingSettings, PoolSettingsForWorkers, Route } from './settings.js';

/**
 * The right to send one trial request to a half-open backend. One worker may use it once. The worker reports its result and
 * its return. A permit that the worker has not used within `TRIAL_PERMIT_USE_MS` is returned unused.
 */
export interface TrialPermit {
  readonly permit: number;
  readonly worker: number;
  /**
   * Whether the permit is no longer usable, because the breaker has opened or closed since. It is still listed so that its
   * worker returns it. This includes a worker that never saw the permit valid, because only the newest snapshot is sent to a
   * worker. Absent means false.
   */
  readonly spent?: boolean;
}

/** A worker returns a permit that it could not use for this long (milliseconds), so that another worker can have it. */
export const TRIAL_PERMIT_USE_MS = 1_000;

export interface BackendSnapshot {
  readonly id: BackendId;
  readonly address: BackendAddress;
  readonly weight: number;
  readonly availability: Availability;
  readonly admin: AdminState;
  /** Changes when the id is given to another backend (removed and added again, or another address). */
  readonly generation: number;
  /** Permits of all workers that are not yet returned. Each is listed from its grant to its return. */
  readonly permits: readonly TrialPermit[];
  /** How many attempts all workers of this host together may have in flight to this backend. Absent if unlimited. */
  readonly maxConnections?: number;
}

/** What a snapshot says of a pool beside its settings. */
export interface PoolWithoutSettings {
  readonly id: PoolId;
  /** Sequence number of the last event that changed the pool. */
  readonly version: number;
  /** Sessions that began before this time (milliseconds since 1970) are ended. Absent if none were ended. */
  readonly sessionsFrom?: number;
  /** Whether the pool is in panic: too many backends are ejected, so the ejected ones serve again. */
  readonly panic: boolean;
  readonly backends: readonly BackendSnapshot[];
}

export interface PoolSnapshot extends PoolWithoutSettings, PoolSettingsForWorkers {}

export interface Snapshot {
  readonly epoch: number;
  /** Rises with each snapshot published in this epoch. */
  readonly version: number;
  /** Sequence number of the last event in the snapshot. */
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

/** Whether `a` is newer than `b`. This is a total order of snapshots. */
export function isNewer(a: SnapshotPosition, b: SnapshotPosition): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version);
}
