/**
 * Commands: requests and observations. Each command carries its time and a seed. Therefore `decide` needs neither a clock
 * nor a random source, and the same commands always give the same events.
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
import type { WorkerIncident } from './worker-incident.js';

interface CommandBase {
  /** Rises with every command of a data directory. Events name it as their cause. */
  readonly id: number;
  /** Milliseconds since 1970. The control loop ensures that it never goes back within an epoch. */
  readonly at: number;
  /** A random number of 32 bits, for the jitter of this command. */
  readonly seed: number;
  readonly actor: Actor;
}

/** `memory`: more events happened during an outage of the log than memory keeps. `file`: the file of the log is gone. */
export type LossReason = 'memory' | 'file';

/** The pool version that an operator's write is based on; `null` accepts any version. */
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

/** The data of each command. */
interface CommandData {
  /**
   * First command of a primary. It begins a new epoch with empty observations. `epoch` comes from the election of this
   * primary and is higher than all earlier ones. If it is absent there was no election, and the epoch is the next one.
   * `alone`: this host belongs to no fleet.
   */
  StartPrimary: {
    readonly version: string;
    readonly pid: number;
    readonly epoch?: number;
    readonly alone?: boolean;
  };
  StopPrimary: { readonly reason: string };
  /**
   * `sha256` is the hash of the document in canonical form. Hosts identify a configuration by it, whatever file it was in.
   * `forHostAlone`: refused by a host that belongs to a fleet. The host may have joined while the command waited, and would
   * then stand in the fleet's log with another state than the log has.
   */
  ApplyConfig: {
    readonly file: string;
    readonly sha256: string;
    readonly document: ConfigDocument;
    readonly forHostAlone?: boolean;
  };
  RejectConfig: { readonly file: string; readonly problems: readonly string[] };
  AddBackend: { readonly pool: PoolId; readonly backend: BackendDefinition } & ExpectedVersion;
  RemoveBackend: OfBackend & ExpectedVersion;
  ChangeBackend: OfBackend & {
    readonly changes?: Changes<BackendSettings>;
    readonly admin?: AdminState;
  } & ExpectedVersion;
  ChangePool: { readonly pool: PoolId; readonly settings: PoolSettings } & ExpectedVersion;
  /** Ends all present sessions of the pool. */
  FlushSessions: { readonly pool: PoolId };
  /** Restores what the last applied file says, in these places or wherever the state differs. */
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
  /** The control loop itself sends this when it gives up storing the events from `first` on. */
  RecordLoss: {
    readonly first: number;
    readonly last: number;
    readonly since: number | null;
    readonly reason: LossReason;
  };
  /** Sent to a host's own loop: events of the fleet's log, always whole appends. */
  FollowFleet: { readonly events: readonly TidegateEvent[] };
  /** Sent to a host's own loop: the state of the fleet, if the events that lead to it are not available. */
  AdoptFleet: { readonly fleet: FleetState; readonly keepsVerdicts: boolean };
  /** Sent to the loop of a leader, as the following commands are. */
  TakeLead: InTerm & { readonly incarnation: string; readonly version: string };
  FoundFleet: InTerm;
  /** The store has lost the events after `from`. The leader restored the state up to event `to`. */
  RecordHistoryLost: InTerm & { readonly from: number; readonly to: number };
  RecordHostJoined: { readonly host: string; readonly incarnation: string; readonly version: string };
  RecordHostLeft: { readonly host: string; readonly reason: 'left' | 'silent' };
  /** A host decided alone between two times of the fleet's clock. */
  RecordAutonomy: { readonly host: string; readonly from: number; readonly to: number };
  /** What a process of a host tells of its workers, by rising numbers. */
  RecordIncidents: {
    readonly host: string;
    readonly incarnation: string;
    readonly incidents: readonly WorkerIncident[];
  };
  /** Sent when `nextDeadline` is due: open breakers become half-open, permits expire, openings decay. */
  AdvanceTime: Record<never, never>;
}

/** Does not compile while a command of `command-types.ts` is missing, and the message names it. */
type Complete<T extends Readonly<Record<CommandType, object>>> = T;
type DataOf = Complete<CommandData>;

export type CommandBody = { [T in CommandType]: { readonly type: T } & DataOf[T] }[CommandType];

/** A command of this type or of one of these types. */
export type CommandOf<T extends CommandType> = {
  [P in T]: CommandBase & { readonly type: P } & DataOf[P];
}[T];

export type Command = CommandOf<CommandType>;

/** A command without the id, time and seed that the control loop adds. */
export type CommandDraft = CommandBody & { readonly actor: Actor };
