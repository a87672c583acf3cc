/**
 * What the admin API says, as JSON: the shapes that `views.ts` makes, `schemas.ts` describes and the command line
 * reads. Times are ISO 8601 in UTC; times that programs compute with are there as `…_ms` too, since 1970.
 */
import type { AdminState, Availability, BreakerPhase, Health } from '#shared/backend-state.js';
import type { PoolStanding } from '../domain/pool-standing.js';
import type { EventDocument } from '../hindsight/event-document.js';
import type { FieldProblem } from './problem.js';

export interface BreakerDocument {
  readonly state: BreakerPhase;
  readonly since: string;
  /** Openings in a row. */
  readonly openings: number;
  /** While open: when trials begin. */
  readonly until?: string;
}

export interface BackendDocument {
  readonly pool: string;
  readonly id: string;
  readonly url: string;
  readonly weight: number;
  readonly admin: AdminState;
  readonly health: Health;
  readonly health_since: string;
  readonly breaker: BreakerDocument;
  readonly availability: Availability;
  /** Since when it has this availability. */
  readonly since: string;
  readonly since_ms: number;
  /** Why it has this availability, in one line. */
  readonly reason: string;
  /** Whether the configuration file has it, or it was added through the API. */
  readonly origin: 'file' | 'api';
  readonly generation: number;
  readonly active_requests: number;
  /** Requests that it is given at once, its own number or its pool's; `null`: any number. */
  readonly max_connections: number | null;
}

/** Settings of a pool in the words and units of the configuration file. */
export interface PoolSettingsDocument {
  readonly algorithm: string;
  readonly health_check: Readonly<Record<string, unknown>>;
  readonly circuit_breaker: Readonly<Record<string, unknown>>;
  /** `null`: no limit. */
  readonly max_connections: number | null;
  readonly queue: Readonly<Record<string, unknown>>;
  readonly sticky_session: Readonly<Record<string, unknown>>;
}

export interface PoolDocument extends PoolSettingsDocument {
  readonly id: string;
  /** What `If-Match` compares: number of the last event that changed the pool. */
  readonly version: number;
  readonly panic: boolean;
  readonly sessions: number;
  readonly pending_requests: number;
  readonly backends: readonly BackendDocument[];
}

/** A load of the configuration file that was refused, with its problems as `file:line:col: …`. */
export interface RejectedLoad {
  readonly at: string;
  readonly problems: readonly string[];
}

export interface StatusDocument {
  readonly version: string;
  readonly started_at: string;
  readonly uptime_ms: number;
  readonly ready: boolean;
  /** Why it is or is not ready. */
  readonly reason: string;
  readonly epoch: number;
  /** Number of the last event. */
  readonly seq: number;
  readonly snapshot: PositionDocument;
  readonly workers: { readonly ready: number; readonly total: number; readonly converged: number };
  /** Whether what is decided can be stored. While it cannot, it goes on in memory, and changes are refused. */
  readonly store: {
    readonly ok: boolean;
    readonly since: string | null;
    readonly problem: string | null;
    readonly unstored_events: number;
    readonly lost_events: number;
  };
  /** Whether health checks are made as often as their intervals say. */
  readonly health_checks: {
    readonly behind: boolean;
    /** How late the latest of the last seconds began, or has not begun yet. */
    readonly late_ms: number;
    readonly waiting: number;
  };
  readonly config: {
    readonly file: string;
    readonly applied_at: string | null;
    readonly restart_needed: readonly string[];
    /** In how many places run-time changes make what is in force differ from the file. */
    readonly drift: number;
    /** The load that was refused since the last one that was applied. */
    readonly last_rejected: RejectedLoad | null;
  };
  /** What is wrong with the certificate; `null`: nothing. */
  readonly certificate_trouble: string | null;
  readonly pools: readonly {
    readonly id: string;
    readonly version: number;
    readonly algorithm: string;
    readonly panic: boolean;
    /** Whether a new request finds a backend. */
    readonly standing: PoolStanding['kind'];
    /** What is wrong with the pool as a whole, after its name; `null`: nothing. */
    readonly shortage: string | null;
    readonly sessions: number;
    /** Requests that wait for room at a backend. */
    readonly pending_requests: number;
    readonly backends: readonly BackendDocument[];
  }[];
}

export interface PositionDocument {
  readonly epoch: number;
  readonly version: number;
}

export interface WorkerDocument {
  readonly worker: number;
  readonly slot: number;
  readonly pid: number | null;
  readonly phase: string;
  readonly started_at: string;
  readonly restarts: number;
  readonly applied: PositionDocument | null;
  /** Whether it has applied the newest snapshot. */
  readonly converged: boolean;
  readonly last_nack: { readonly position: PositionDocument; readonly reason: string } | null;
  readonly last_heard_at: string | null;
  readonly connections: number;
}

export interface EventsDocument {
  readonly events: readonly EventDocument[];
  /** Whether there are more in this direction: go on with `after` (ascending) or `before` (descending) of the last one. */
  readonly more: boolean;
}

export interface ConfigDifference {
  /** Where: `pools.web.backends.a.weight`. */
  readonly path: string;
  /** What the file says; `null`: nothing. */
  readonly file: unknown;
  /** What is in force; `null`: nothing. */
  readonly live: unknown;
  /** The event that made it so; `null`: it is too old to be known. */
  readonly changed: { readonly seq: number; readonly at: string; readonly by: string } | null;
}

/** How what is in force differs from the file. */
export interface DriftDocument {
  readonly file: string;
  /** What `If-Match` of a reset compares. */
  readonly version: number;
  readonly differences: readonly ConfigDifference[];
}

export interface ResetDocument {
  /** Where what is in force went back to the file. */
  readonly reset: readonly string[];
  /** Differences that are left. */
  readonly drift: number;
}

/** Why a backend is, or was, as it is: one sentence and the chain of events that led there, oldest first. */
export interface WhyDocument {
  readonly pool: string;
  readonly backend: string;
  readonly at: string;
  /** `null`: it was not there. */
  readonly availability: Availability | null;
  readonly panic: boolean;
  readonly headline: string;
  readonly steps: readonly {
    readonly seq: number;
    readonly at: string;
    readonly at_ms: number;
    readonly type: string;
    readonly sentence: string;
    /** The very results that decided, one per line. */
    readonly evidence: readonly string[];
  }[];
  /** Steps left out after the first. */
  readonly omitted: number;
}

export interface ConfigViewDocument {
  readonly file: string;
  readonly sha256: string | null;
  readonly applied_at: string | null;
  /** Settings of the file that differ from those in force and need a restart. */
  readonly restart_needed: readonly string[];
  /** When a load was refused after the last one applied: that load's problems. */
  readonly last_rejected: RejectedLoad | null;
  /** What run-time changes made different from the file. */
  readonly drift: readonly ConfigDifference[];
  /** What is in force. */
  readonly live: Readonly<Record<string, unknown>>;
}

export interface ValidationDocument {
  readonly valid: boolean;
  readonly problems: readonly FieldProblem[];
}

export interface ReloadDocument {
  readonly result: 'applied' | 'unchanged';
  readonly events: number;
  readonly restart_needed: readonly string[];
  /** In how many places run-time changes make what is in force differ from the file. */
  readonly drift: number;
}
