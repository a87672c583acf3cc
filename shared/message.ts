/**
 * Everything that the primary and its workers say to each other, one closed union per direction. Workers' messages
 * are untrusted: `shared/decode.ts` checks shape and size before anything else reads them.
 */
import type { BackendId, PoolId } from './ids.js';
import type { ListenerSettings } from './listener-settings.js';
import type { BackendOutcomes } from './outcome.js';
import type { SessionsAt } from './redis-access.js';
import type { SessionLifetime } from './session.js';
import type { SnapshotPosition } from './snapshot.js';

export type { ListenerSettings } from './listener-settings.js';

/** Rises when a message changes its meaning. A worker of another version is refused. */
export const PROTOCOL_VERSION = 1;

export interface CertificateMaterial {
  readonly certPem: string;
  readonly keyPem: string;
  /** 48 bytes shared by all workers, so that TLS sessions resume on any of them. */
  readonly ticketKeys: Uint8Array;
}

/** Secret for signing session cookies. The first key signs, all verify. */
export interface SessionSigningKey {
  readonly kid: string;
  readonly secret: Uint8Array;
}

/** First answer to a worker: what it is and what does not change while it lives. */
export interface Welcome {
  readonly type: 'welcome';
  readonly protocol: number;
  readonly worker: number;
  /** How many workers there are to be: each begins its rotations at another point. Absent: unknown. */
  readonly workers?: number;
  /** Its index among them, from 0. A worker that replaces another has its index. Absent: unknown. */
  readonly index?: number;
  readonly listener: ListenerSettings;
  readonly engine: 'native' | 'compat';
  readonly certificate: CertificateMaterial | null;
  readonly sessionKeys: readonly SessionSigningKey[];
  readonly sessions: SessionsAt;
  readonly log: { readonly level: string; readonly format: 'json' | 'pretty' };
}

/** A `Snapshot` as UTF-8 JSON: encoded once for all workers. */
export interface SnapshotMessage extends SnapshotPosition {
  readonly type: 'snapshot';
  readonly payload: Uint8Array;
}

/** Requests in flight per backend in all *other* workers, for algorithms that need loads. Replaces the load told before. */
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
  /** `undefined`: the store cannot say. */
  readonly backend: BackendId | null | undefined;
}

export interface MetricsReply {
  readonly type: 'metrics-reply';
  readonly id: number;
  readonly contentType: string;
  readonly body: string;
}

/** Send what has been counted at once, and answer with `flushed`. */
export interface FlushRequest {
  readonly type: 'flush';
  readonly id: number;
}

/** Stop accepting, finish what runs until the deadline, report, exit. */
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

/** The snapshot was not applied; the one before it stays in force. */
export interface Nack extends SnapshotPosition {
  readonly type: 'nack';
  readonly reason: string;
}

/** Outcomes since the last report, and the requests in flight now. Backends without news are left out. */
export interface Report {
  readonly type: 'report';
  readonly outcomes: readonly BackendOutcomes[];
  /** Present when it changed for any backend: the whole list of those above 0. */
  readonly active?: readonly {
    readonly pool: PoolId;
    readonly backend: BackendId;
    readonly active: number;
  }[];
  /** Requests that wait for a slot at a backend: present when it changed for any pool, the whole list of those above 0. */
  readonly waiting?: readonly { readonly pool: PoolId; readonly waiting: number }[];
  readonly connections: number;
  /** Whether Redis is not asked for sessions at present. Absent: they are not kept there. */
  readonly redisGuarded?: boolean;
}

/**
 * Increments of counters and histograms since the last delta. `series` names those that are new to this worker, in
 * the order of their numbers; `values` holds number and increment in turn.
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
   * Of a histogram: the number of a bucket (from 0; the one after the last bound holds what is above it; an observation
   * counts in its own bucket only), `sum`, or `count` (optional: never less than the buckets together).
   */
  readonly part?: string;
}

export type SessionOperation = 'lookup' | 'bind' | 'rebind';

export interface SessionRequest {
  readonly type: 'session';
  /** 0 when no answer is wanted. */
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
