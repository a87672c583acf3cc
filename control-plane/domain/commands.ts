/**
 * Commands: what somebody wants or has observed. Each carries its time and a seed, so that `decide` needs neither a
 * clock nor chance, and the same commands always give the same events.
 */
import type { AdminState } from '#shared/backend-state.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BackendOutcomes } from '#shared/outcome.js';
import type { BackendSettings } from '#shared/settings/backend.js';
import type { Changes } from '#shared/settings/choose.js';
import type { BackendDefinition, ConfigDocument, PoolSettings } from '#shared/settings.js';
import type { Actor } from './actor.js';
import type { CommandType } from './command-types.js';
import type { DriftPlace } from './drift-place.js';
import type { TidegateEvent } from './events.js';
import type { CheckResult } from './evidence.js';
import type { FleetState } from './fleet-state.js';
import type { WorkerId } from './worker-id.js';

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

/** A term of this host as leader. */
interface InTerm {
  readonly epoch: number;
  readonly host: string;
}

/** What each command says. */
interface CommandData {
  /**
   * First command of a primary: a new epoch begins, observations start empty. `epoch` comes from the election of this primary
   * and is higher than all before. Absent: there was no election, and the epoch is the next one.
   */
  StartPrimary: { readonly version: string; readonly pid: number; readonly epoch?: number };
  StopPrimary: { readonly reason: string };
  /** `sha256`: of the document in its canonical form, by which hosts know it whatever file it was in. */
  ApplyConfig: {
    readonly file: string;
    readonly sha256: string;
    readonly document: ConfigDocument;
  };
  RejectConfig: { readonly file: string; readonly problems: readonly string[] };
  AddBackend: { readonly pool: PoolId; readonly backend: BackendDefinition } & ExpectedVersion;
  RemoveBackend: OfBackend & ExpectedVersion;
  ChangeBackend: OfBackend & {
    readonly changes?: Changes<BackendSettings>;
    readonly admin?: AdminState;
  } & ExpectedVersion;
  ChangePool: { readonly pool: PoolId; readonly settings: PoolSettings } & ExpectedVersion;
  /** All sessions of the pool that there are count as over. */
  FlushSessions: { readonly pool: PoolId };
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
  /** To a host's own loop: events of the fleet's log, those of whole appends. */
  FollowFleet: { readonly events: readonly TidegateEvent[] };
  /** To a host's own loop: the fleet's state, where the events that lead to it cannot be had. */
  AdoptFleet: { readonly fleet: FleetState; readonly keepsVerdicts: boolean };
  /** To a leader, as those that follow. */
  TakeLead: InTerm & { readonly incarnation: string; readonly version: string };
  FoundFleet: InTerm;
  /** The store lost the events from after `from` on; the leader put back the state up to `to`. */
  RecordHistoryLost: InTerm & { readonly from: number; readonly to: number };
  RecordHostJoined: { readonly host: string; readonly incarnation: string; readonly version: string };
  RecordHostLeft: { readonly host: string; readonly reason: 'left' | 'silent' };
  /** A host went on by itself between two times of the fleet's clock. */
  RecordAutonomy: { readonly host: string; readonly from: number; readonly to: number };
  /** Sent when `nextDeadline` is due: breakers half-open, permits expire, openings decay. */
  AdvanceTime: Record<never, never>;
}

export type CommandBody = { [T in CommandType]: { readonly type: T } & CommandData[T] }[CommandType];

/** A command of this type, or of one of these types. */
export type CommandOf<T extends CommandType> = {
  [P in T]: CommandBase & { readonly type: P } & CommandData[P];
}[T];

export type Command = CommandOf<CommandType>;

/** A command without what the control loop stamps on it. */
export type CommandDraft = CommandBody & { readonly actor: Actor };
