/**
 * Events: facts, in the past tense, never changed once released. `schema` counts the versions of a type's `data`;
 * `upcast.ts` lifts older ones. All that is durable is a fold of these (`evolve.ts`).
 */
import type { AdminState, Health } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { FailureCause, FailureReason } from '#shared/outcome.js';
import type {
  BackendDefinition,
  ConfigDocument,
  ForwardingSettings,
  PoolSettings,
  Route,
} from '#shared/settings.js';
import type { Actor, CheckResult, CommandType, LossReason } from './commands.js';

/** One second of outcomes of a backend, part of a breaker's evidence. `second` is seconds since 1970. */
export interface OutcomeBucket {
  readonly second: number;
  readonly successes: number;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
}

/** Why health changed: the very results that decided it. */
export type HealthEvidence =
  | {
      readonly kind: 'checks';
      /** The run of results that decided, oldest first. */
      readonly results: readonly CheckResult[];
      readonly threshold: number;
    }
  /** The check was taken away, so the backend counts as healthy. */
  | { readonly kind: 'check-removed' };

/** Why a breaker opened: the outcomes in its window, or the trial that failed. */
export type BreakerEvidence =
  | {
      readonly kind: 'window';
      readonly buckets: readonly OutcomeBucket[];
      readonly successes: number;
      readonly failures: number;
      readonly failureThreshold: number;
      readonly failureRatio: number;
    }
  /** The cause is absent where an older release has not told it. */
  | ({ readonly kind: 'trial-failed'; readonly worker: number } & Partial<FailureCause>);

/** Who has resolved a name: health checks in the primary, or workers for connections of traffic. */
export type ResolvedBy = 'checks' | 'traffic';

export interface EventData {
  PrimaryStarted: { readonly version: string; readonly pid: number };
  PrimaryStopped: { readonly reason: string };
  /** The file was applied. The changes it made follow as events of their own. */
  ConfigApplied: {
    readonly file: string;
    readonly sha256: string;
    readonly document: ConfigDocument;
    readonly restartNeeded: readonly string[];
  };
  ConfigRejected: { readonly file: string; readonly problems: readonly string[] };
  ForwardingChanged: { readonly forwarding: ForwardingSettings };
  RoutesChanged: { readonly routes: readonly Route[] };
  PoolAdded: { readonly settings: PoolSettings };
  PoolRemoved: Record<never, never>;
  PoolSettingsChanged: { readonly settings: PoolSettings; readonly previous: PoolSettings };
  BackendAdded: {
    readonly definition: BackendDefinition;
    readonly generation: number;
    /** `unknown`, or `healthy` where no check is configured. */
    readonly health: Health;
    readonly origin: 'file' | 'api';
  };
  BackendRemoved: { readonly definition: BackendDefinition };
  /** The backend became part of the file, or left it and stays by the API's word. */
  BackendOriginChanged: { readonly origin: 'file' | 'api' };
  WeightChanged: { readonly from: number; readonly to: number };
  /** `null`: what its pool says. */
  MaxConnectionsChanged: { readonly from: number | null; readonly to: number | null };
  AdminStateChanged: { readonly from: AdminState; readonly to: AdminState };
  /** What its name stands for has changed. `by`: who has seen it. `from` is empty at first. */
  BackendResolved: {
    readonly by: ResolvedBy;
    readonly from: readonly string[];
    readonly to: readonly string[];
  };
  BackendBecameHealthy: { readonly from: Health; readonly evidence: HealthEvidence };
  BackendBecameUnhealthy: { readonly from: Health; readonly evidence: HealthEvidence };
  BreakerOpened: {
    readonly from: 'closed' | 'half-open';
    /** How many openings in a row, this one included. */
    readonly openings: number;
    readonly until: number;
    readonly evidence: BreakerEvidence;
  };
  BreakerHalfOpened: { readonly openedAt: number; readonly limit: number };
  /** `trials`: successes that closed it. `disabled`: the breaker was taken out of the pool's settings. */
  BreakerClosed: {
    readonly from: 'open' | 'half-open';
    readonly cause: 'trials' | 'disabled';
    readonly successes: number;
  };
  PanicEntered: { readonly ready: number; readonly ejected: number; readonly maxEjectionPercent: number };
  PanicLeft: { readonly ready: number; readonly ejected: number };
  WorkerStarted: { readonly worker: number; readonly pid: number };
  WorkerReady: { readonly worker: number };
  WorkerExited: {
    readonly worker: number;
    readonly pid: number;
    readonly reason: string;
    readonly expected: boolean;
  };
  CertificateLoaded: {
    readonly certFile: string;
    readonly fingerprint: string;
    readonly subject: string;
    readonly notAfter: number;
  };
  CertificateRejected: { readonly certFile: string; readonly problem: string };
  /** The events before this one, from `first` on, are not in the log. The state that they led to is: as a checkpoint. */
  EventsLost: {
    readonly first: number;
    readonly last: number;
    /** Since when events could not be stored; `null`: they were stored, and are gone with their file. */
    readonly since: number | null;
    readonly reason: LossReason;
  };
}

export type EventType = keyof EventData;

/** What led to the event: a command, and the event of the same command that it follows from, if any. */
export interface Cause {
  readonly command: CommandType;
  readonly id: number;
  readonly event?: number;
}

export interface EventOf<T extends EventType> {
  readonly epoch: number;
  /** Rises by 1 with each event of the log, across epochs. */
  readonly seq: number;
  readonly at: number;
  readonly type: T;
  readonly schema: number;
  readonly pool?: PoolId;
  readonly backend?: BackendId;
  readonly actor: Actor;
  readonly cause: Cause;
  readonly data: EventData[T];
}

export type TidegateEvent = { [T in EventType]: EventOf<T> }[EventType];

/** Version of `data` that this release writes, per type. */
export const EVENT_SCHEMAS: Readonly<Record<EventType, number>> = {
  PrimaryStarted: 1,
  PrimaryStopped: 1,
  ConfigApplied: 1,
  ConfigRejected: 1,
  ForwardingChanged: 1,
  RoutesChanged: 1,
  PoolAdded: 1,
  PoolRemoved: 1,
  PoolSettingsChanged: 1,
  BackendAdded: 1,
  BackendRemoved: 1,
  BackendOriginChanged: 1,
  WeightChanged: 1,
  MaxConnectionsChanged: 1,
  AdminStateChanged: 1,
  BackendResolved: 1,
  BackendBecameHealthy: 1,
  BackendBecameUnhealthy: 1,
  BreakerOpened: 1,
  BreakerHalfOpened: 1,
  BreakerClosed: 1,
  PanicEntered: 1,
  PanicLeft: 1,
  WorkerStarted: 1,
  WorkerReady: 1,
  WorkerExited: 1,
  CertificateLoaded: 1,
  CertificateRejected: 1,
  EventsLost: 1,
};
