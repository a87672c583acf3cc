/**
 * Commands: what somebody wants or has observed. Each carries its time and a seed, so that `decide` needs neither a
 * clock nor chance, and the same commands always give the same events.
 */
import type { AdminState } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BackendOutcomes } from '#shared/outcome.js';
import { object, oneOf, type TypeOf } from '#shared/shape.js';
import type { BackendSettings } from '#shared/settings/backend.js';
import type { Changes } from '#shared/settings/choose.js';
import type { BackendDefinition, ConfigDocument, PoolSettings } from '#shared/settings.js';
import type { DriftPlace } from './drift-place.js';
import type { CheckResult } from './evidence.js';
import { words } from './stored-shapes.js';
import type { WorkerId } from './worker-id.js';

export const ACTOR_KINDS = [
  'file',
  'api',
  'health-check',
  'traffic',
  'supervisor',
  'clock',
  'primary',
] as const;

export const actor = object({ kind: oneOf(...ACTOR_KINDS) }, { name: words });

/** Who is behind a command. `name` is free text for people: a file, an API client, a worker. */
export interface Actor extends TypeOf<typeof actor> {}

interface CommandBase {
  /** Rises with every command of a data directory; events name it as their cause. */
  readonly id: number;
  /** Milliseconds since 1970. The control loop lets it never go back within an epoch. */
  readonly at: number;
  /** 32 bits of chance for this command's jitter. */
  readonly seed: number;
  readonly actor: Actor;
}

/** `memory`: more happened while the log could not be written than memory keeps. `file`: the log's file is gone. */
export type LossReason = 'memory' | 'file';

/** A write by an operator names the pool version it was made against; `null` takes whatever is there. */
interface ExpectedVersion {
  readonly expectedVersion: number | null;
}

interface OfBackend {
  readonly pool: PoolId;
  readonly backend: BackendId;
}

/** What each command says. */
interface CommandData {
  /**
   * First command of a primary: a new epoch begins, observations start empty. `epoch` comes from the election of this primary
   * and is higher than all before. Absent: there was no election, and the epoch is the next one.
   */
  StartPrimary: { readonly version: string; readonly pid: number; readonly epoch?: number };
  StopPrimary: { readonly reason: string };
  /** `restartNeeded`: settings that differ from those in force but cannot change while running. */
  ApplyConfig: {
    readonly file: string;
    readonly sha256: string;
    readonly document: ConfigDocument;
    readonly restartNeeded: readonly string[];
  };
  RejectConfig: { readonly file: string; readonly problems: readonly string[] };
  AddBackend: { readonly pool: PoolId; readonly backend: BackendDefinition } & ExpectedVersion;
  RemoveBackend: OfBackend & ExpectedVersion;
  ChangeBackend: OfBackend & {
    readonly changes?: Changes<BackendSettings>;
    readonly admin?: AdminState;
  } & ExpectedVersion;
  ChangePool: { readonly pool: PoolId; readonly settings: PoolSettings } & ExpectedVersion;
  /** Back to what the file applied last says: in these places, or wherever the state differs from it. */
  ResetConfig: { readonly places: readonly DriftPlace[] | 'all' } & ExpectedVersion;
  RecordHealthCheck: OfBackend & { readonly generation: number; readonly result: CheckResult };
  RecordOutcomes: { readonly worker: WorkerId; readonly outcomes: readonly BackendOutcomes[] };
  RecordWorkerStarted: { readonly worker: WorkerId; readonly pid: number };
  RecordWorkerReady: { readonly worker: WorkerId };
  RecordWorkerExited: {
    readonly worker: WorkerId;
    readonly pid: number;
    readonly reason: string;
    readonly expected: boolean;
  };
  RecordCertificate: {
    readonly certFile: string;
    readonly fingerprint: string;
    readonly subject: string;
    readonly notAfter: number;
  };
  RejectCertificate: { readonly certFile: string; readonly problem: string };
  /** Sent by the control loop itself, when it gives up on storing what has happened from event `first` on. */
  RecordLoss: {
    readonly first: number;
    readonly last: number;
    readonly since: number | null;
    readonly reason: LossReason;
  };
  /** Sent when `nextDeadline` is due: breakers half-open, permits expire, openings decay. */
  AdvanceTime: Record<never, never>;
}

export type CommandType = keyof CommandData;

/**
 * Write: what somebody wants, and is told of when it is stored; it is refused when it cannot be. Fact: it has happened,
 * whether it can be stored or not. Observation: a fact of which there are any number, so it may be dropped under load.
 */
type CommandKind = 'write' | 'fact' | 'observation';

export const COMMAND_KINDS: { readonly [T in CommandType]: CommandKind } = {
  StartPrimary: 'write',
  StopPrimary: 'fact',
  ApplyConfig: 'write',
  RejectConfig: 'fact',
  AddBackend: 'write',
  RemoveBackend: 'write',
  ChangeBackend: 'write',
  ChangePool: 'write',
  ResetConfig: 'write',
  RecordHealthCheck: 'observation',
  RecordOutcomes: 'observation',
  RecordWorkerStarted: 'fact',
  RecordWorkerReady: 'fact',
  RecordWorkerExited: 'fact',
  RecordCertificate: 'fact',
  RejectCertificate: 'fact',
  RecordLoss: 'fact',
  AdvanceTime: 'fact',
};

export type CommandBody = { [T in CommandType]: { readonly type: T } & CommandData[T] }[CommandType];

/** A command of this type, or of one of these types. */
export type CommandOf<T extends CommandType> = {
  [P in T]: CommandBase & { readonly type: P } & CommandData[P];
}[T];

export type Command = CommandOf<CommandType>;

/** A command without what the control loop stamps on it. */
export type CommandDraft = CommandBody & { readonly actor: Actor };
