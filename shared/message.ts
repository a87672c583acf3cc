/**
 * All messages between the primary and its workers, one closed union per direction. Messages of workers are not trusted:
 * `shared/decode.ts` checks shape and size before other code reads them.
 */
import type { BackendId, PoolId } from './ids.js';
import type { ListenerSettings } from './listener-settings.js';
import type { BackendOutcomes } from './outcome.js';
import type { SessionsAt } from './redis-access.js';
import type { SessionLifetime } from './session.js';
import type { SnapshotPosition } from './snapshot.js';

export type { ListenerSettings } from './listener-settings.js';

/** Rises when a message changes its meaning. A worker with another version is refused. */
export const PROTOCOL_VERSION = 1;

export interface CertificateMaterial {
  readonly certPem: string;
  readonly keyPem: string;
  /** 48 bytes. All workers share them, so that a TLS session resumes on any worker. */
  readonly ticketKeys: Uint8Array;
}

/** A key for session cookies. The first key signs, and all keys verify. */
export interface SessionSigningKey {
  readonly kid: string;
  readonly secret: Uint8Array;
}

/** First answer to a worker: its identity and the settings that do not change during its life. */
export interface Welcome {
  readonly type: 'welcome';
  readonly protocol: number;
  readonly worker: number;
  /** How many workers there should be. Each worker starts its rotations at a different point. Absent if unknown. */
  readonly workers?: number;
  /** Index of the worker, from 0. A replacement keeps the index. Absent if unknown. */
  readonly index?: number;
  readonly listener: ListenerSettings;
  readonly engine: 'native' | 'compat';
  readonly certificate: CertificateMaterial | null;
  readonly sessionKeys: readonly SessionSigningKey[];
  readonly sessions: SessionsAt;
  readonly log: { readonly level: string; readonly format: 'json' | 'pretty' };
}

/** A `Snapshot` as JSON in UTF-8, encoded once for all workers. */
export interface SnapshotMessage extends SnapshotPosition {
  readonly type: 'snapshot';
  readonly payload: Uint8Array;
}

/** Requests in flight per backend in all *other* workers, for algorithms that need loads. Replaces the previous load. */
export interface LoadMessage {
  readonly type: 'load';
  readonly backends: readonly {
    readonly pool: PoolId;
    readonly backend: BackendId;
    readonly active: number;
  }[];
}

export interface CertificateMessage {
  readonly type: 'certificate';
  readonly certificate: CertificateMaterial;
}

export interface SessionReply {
  readonly type: 'session-reply';
  readonly id: number;
  /** `undefined` means that the store cannot say. */
  readonly backend: BackendId | null | undefined;
}

export interface MetricsReply {
  readonly type: 'metrics-reply';
  readonly id: number;
  readonly contentType: string;
  readonly body: string;
}

/** Asks the worker to send its counts at once and to answer with `flushed`. */
export interface FlushRequest {
  readonly type: 'flush';
  readonly id: number;
}

/** Asks the worker to stop accepting, to finish requests until the deadline, to report and to exit. */
export interface ShutdownMessage {
  readonly type: 'shutdown';
  readonly deadlineMs: number;
}

export type PrimaryMessage =
  | Welcome
  | SnapshotMessage
  | LoadMessage
  | CertificateMessage
  | SessionReply
  | MetricsReply
  | FlushRequest
  | ShutdownMessage;

export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly pid: number;
}

/** The worker listens and forwards. */
export interface Ready {
  readonly type: 'ready';
  readonly port: number;
}

export interface ListenFailed {
  readonly type: 'listen-failed';
  readonly code: string;
  readonly message: string;
}

export interface Ack extends SnapshotPosition {
  readonly type: 'ack';
}

/** The snapshot was not applied. The previous one stays in force. */
export interface Nack extends SnapshotPosition {
  readonly type: 'nack';
  readonly reason: string;
}

/** Outcomes since the last report, and the requests in flight now. Backends without news are left out. */
export interface Report {
  readonly type: 'report';
  readonly outcomes: readonly BackendOutcomes[];
  /** Present if it changed for any backend: all backends with a number above 0. */
  readonly active?: readonly {
    readonly pool: PoolId;
    readonly backend: BackendId;
    readonly active: number;
  }[];
  /**
   * Requests that wait for a slot at a backend. Present if the number changed for any pool: all pools with a number above 0.
   */
  readonly waiting?: readonly { readonly pool: PoolId; readonly waiting: number }[];
  readonly connections: number;
  /** Whether the worker has stopped asking Redis for sessions at present. Absent if sessions are not kept in Redis. */
  readonly redisGuarded?: boolean;
}

/**
 * Increments of counters and histograms since the last delta. `series` names the series that are new for this worker, in the
 * order of their numbers. `values` alternates series number and increment.
 */
export interface MetricsDelta {
  readonly type: 'metrics';
  readonly series: readonly SeriesDefinition[];
  readonly firstSeries: number;
  readonly values: Float64Array;
}

export interface SeriesDefinition {
  /** A key of `WORKER_METRICS`. */
  readonly metric: string;
  /** Label values in the order of the catalogue. */
  readonly labels: readonly string[];
  /**
   * The part of a histogram: `sum`, `count`, or the number of a bucket from 0; the number after the last bound is the bucket
   * of larger values. An observation counts in one bucket only. `count` is optional and never less than the sum of the
   * buckets.
   */
  readonly part?: string;
}

export type SessionOperation = 'lookup' | 'bind' | 'rebind';

export interface SessionRequest {
  readonly type: 'session';
  /** 0 if no answer is wanted. */
  readonly id: number;
  readonly operation: SessionOperation;
  readonly pool: PoolId;
  readonly session: string;
  readonly from?: BackendId;
  readonly to?: BackendId;
  readonly lifetime: SessionLifetime;
}

export interface MetricsRequest {
  readonly type: 'metrics-request';
  readonly id: number;
}

export interface Flushed {
  readonly type: 'flushed';
  readonly id: number;
}

export type WorkerMessage =
  | Hello
  | Ready
  | ListenFailed
  | Ack
  | Nack
  | Report
  | MetricsDelta
  | SessionRequest
  | MetricsRequest
  | Flushed;
