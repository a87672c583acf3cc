/**
 * Commands: what somebody wants or has observed. Each carries its time and a seed, so that `decide` needs neither a
 * clock nor chance, and the same commands always give the same events.
 */
import type { AdminState } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BackendOutcomes } from '#shared/outcome.js';
import type { BackendDefinition, ConfigDocument, PoolSettings } from '#shared/settings.js';
import type { DriftPlace } from './drift-place.js';

export const ACTOR_KINDS = [
  'file',
  'api',
  'health-check',
  'traffic',
  'supervisor',
  'clock',
  'primary',
] as const;

/** Who is behind a command. `name` is free text for people: a file, an API client, a worker. */
export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number];
  readonly name?: string;
}

export interface CommandBase {
  /** Rises with every command of a data directory; events name it as their cause. */
  readonly id: number;
  /** Milliseconds since 1970. The control loop lets it never go back within an epoch. */
  readonly at: number;
  /** 32 bits of chance for this command's jitter. */
  readonly seed: number;
  readonly actor: Actor;
}

/** What one health check saw. `status` is absent when there was no response; `error` tells why a check failed, for people. */
export interface CheckResult {
  readonly at: number;
  readonly passed: boolean;
  readonly durationMs: number;
  readonly status?: number;
  readonly error?: string;
  /** Where it went. Absent where the backend is given by its address, or its name was not resolved. */
  readonly address?: string;
  /** What the backend's name stands for, where that is news. */
  readonly resolved?: readonly string[];
}

/** `memory`: more happened while the log could not be written than memory keeps. `file`: the log's file is gone. */
export type LossReason = 'memory' | 'file';

/** A write by an operator names the pool version it was made against; `null` takes whatever is there. */
export interface ExpectedVersion {
  readonly expectedVersion: number | null;
}

export type CommandBody =
  /** First command of a primary: a new epoch begins, observations start empty. */
  | { readonly type: 'StartPrimary'; readonly version: string; readonly pid: number }
  | { readonly type: 'StopPrimary'; readonly reason: string }
  /** `restartNeeded`: settings that differ from those in force but cannot change while running. */
  | {
      readonly type: 'ApplyConfig';
      readonly file: string;
      readonly sha256: string;
      readonly document: ConfigDocument;
      readonly restartNeeded: readonly string[];
    }
  | { readonly type: 'RejectConfig'; readonly file: string; readonly problems: readonly string[] }
  | ({
      readonly type: 'AddBackend';
      readonly pool: PoolId;
      readonly backend: BackendDefinition;
    } & ExpectedVersion)
  | ({ readonly type: 'RemoveBackend'; readonly pool: PoolId; readonly backend: BackendId } & ExpectedVersion)
  | ({
      readonly type: 'ChangeBackend';
      readonly pool: PoolId;
      readonly backend: BackendId;
      readonly weight?: number;
      /** `null`: what its pool says. */
      readonly maxConnections?: number | null;
      readonly admin?: AdminState;
    } & ExpectedVersion)
  | ({
      readonly type: 'ChangePool';
      readonly pool: PoolId;
      readonly settings: PoolSettings;
    } & ExpectedVersion)
  /** Back to what the file applied last says: in these places, or wherever the state differs from it. */
  | ({ readonly type: 'ResetConfig'; readonly places: readonly DriftPlace[] | 'all' } & ExpectedVersion)
  | {
      readonly type: 'RecordHealthCheck';
      readonly pool: PoolId;
      readonly backend: BackendId;
      readonly generation: number;
      readonly result: CheckResult;
    }
  | {
      readonly type: 'RecordOutcomes';
      readonly worker: number;
      readonly outcomes: readonly BackendOutcomes[];
    }
  | { readonly type: 'RecordWorkerStarted'; readonly worker: number; readonly pid: number }
  | { readonly type: 'RecordWorkerReady'; readonly worker: number }
  | {
      readonly type: 'RecordWorkerExited';
      readonly worker: number;
      readonly pid: number;
      readonly reason: string;
      readonly expected: boolean;
    }
  | {
      readonly type: 'RecordCertificate';
      readonly certFile: string;
      readonly fingerprint: string;
      readonly subject: string;
      readonly notAfter: number;
    }
  | { readonly type: 'RejectCertificate'; readonly certFile: string; readonly problem: string }
  /** Sent by the control loop itself, when it gives up on storing what has happened from event `first` on. */
  | {
      readonly type: 'RecordLoss';
      readonly first: number;
      readonly last: number;
      readonly since: number | null;
      readonly reason: LossReason;
    }
  /** Sent when `nextDeadline` is due: breakers half-open, permits expire, openings decay. */
  | { readonly type: 'AdvanceTime' };

export type Command = CommandBase & CommandBody;
export type CommandType = Command['type'];

/** A command without what the control loop stamps on it. */
export type CommandDraft = CommandBody & { readonly actor: Actor };
