/** The running control plane, as its admin API, metrics and command line use it. */
import type { ConfigProblem } from './config/config-problem.js';
import type { Role } from '#shared/role.js';
import type { CommandDraft } from './domain/commands.js';
import type { Rejection, World } from './domain/decision.js';
import type { TidegateEvent } from './domain/events.js';
import type { EventReader } from './event-log/event-log.js';
import type { FleetHosts } from './fleet/fleet-hosts.js';
import type { FleetStatus } from './fleet/fleet-status.js';
import type { FileStanding } from './fleet/whose-file.js';
import type { Unavailable } from './fleet/fleet-store.js';
import type { WriteFate } from './fleet/remote-writes.js';
import type { History } from './hindsight/history.js';
import type { CheckLag } from './health-checks/punctuality.js';
import type { SnapshotPosition } from '#shared/snapshot.js';
import type { SessionDirectory } from './sessions/session-directory.js';
import type { WorkerRolls } from './workers/roller.js';
import type { WorkerStatus } from './workers/worker-status.js';

export type ReloadResult =
  | { readonly kind: 'applied'; readonly events: number; readonly restartNeeded: readonly string[] }
  /** `isOlder`: the fleet had this file in force before and has another one now. */
  | { readonly kind: 'unchanged'; readonly isOlder?: boolean }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] }
  /** The file is valid. Whether and when it is applied is not decided yet. */
  | NotDecided;

/** Whether decisions can be stored at present. */
export interface StoreStatus {
  readonly ok: boolean;
  /** Since when decisions cannot be stored, in milliseconds since 1970; `null` if they can. */
  readonly since: number | null;
  /** Why decisions cannot be stored, in one sentence; `null` if they can. */
  readonly problem: string | null;
  /** How many events wait in memory. */
  readonly unstoredEvents: number;
  /** How many events were given up since then, because more waited than memory keeps. */
  readonly lostEvents: number;
}

export interface MailboxFull {
  readonly kind: 'mailbox-full';
}

/** The result of a command. */
export type WriteOutcome =
  /** The command is stored and in force on this host. `events` is the number of its events. */
  | { readonly kind: 'accepted'; readonly events: number }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | NotDecided;

/** Nothing is known against the command, so it may be repeated later. */
export type NotDecided =
  | MailboxFull
  /** The command was not carried out, because the fleet cannot be changed from this host now. `reason` is one sentence. */
  | { readonly kind: 'read-only'; readonly reason: string }
  /** The command may have been carried out. `nonce` identifies it for a later `findWrite`; `null` if it has none. */
  | { readonly kind: 'unknown'; readonly nonce: string | null };

export type { FleetHosts, FleetHostView } from './fleet/fleet-hosts.js';

/** The fleet, as one of its hosts sees it. */
export interface FleetPort {
  /** The name of the fleet. */
  readonly name: string;
  status(): FleetStatus;
  /** What is wrong with how changes of this host are stored, although they are accepted; `null`: nothing. */
  warning(): string | null;
  /** All hosts, including this one, from their last beats. If Redis cannot be asked, the hosts of the fleet's log. */
  hosts(): Promise<FleetHosts>;
  /** All hosts, as the leader saw them with its last beat; `null` if this host does not lead. */
  watched(): FleetHosts | null;
  /** The result of a write; `null` if nothing is known of it. */
  findWrite(nonce: string): Promise<WriteFate | Unavailable | null>;
}

export interface ControlPort {
  readonly role: Role;
  readonly version: string;
  /** Name of this host. */
  readonly host: string;
  readonly startedAt: number;
  readonly configFile: string;
  /** The present world. Read it again for each use, because it changes. */
  world(): World;
  position(): SnapshotPosition;
  workers(): readonly WorkerStatus[];
  /** Replaces the workers of this host one after the other. */
  readonly rolls: WorkerRolls;
  /** Requests in flight to a backend, in all workers. */
  activeRequests(pool: string, backend: string): number;
  /** Sessions by cookie that this host or Redis knows. */
  readonly sessions: SessionDirectory;
  /** Requests that wait for a slot at a backend of the pool, in all workers. */
  waitingRequests(pool: string): number;
  /** How late health checks are. */
  checkLag(): CheckLag;
  /** Changes in the file that take effect at the next restart of this process, one sentence each. */
  restartNeeded(): readonly string[];
  /** How the file of this host compares with the configuration in force; `null` if it is invalid or was not read yet. */
  fileStanding(): FileStanding | null;
  /** One sentence that says what is wrong with the certificate; `null` if nothing is wrong. */
  certificateTrouble(): string | null;
  /**
   * Resolves once the events are stored and the snapshot is on its way to the workers of this host. Rejects with
   * EventLogError if this host decides alone and cannot store.
   */
  submit(draft: CommandDraft): Promise<WriteOutcome>;
  /**
   * Resolves once this host knows all that the fleet knew at the time of the call. Without it, a write could be compared
   * with an old version.
   */
  catchUp(): Promise<void>;
  /** `null` if this host belongs to no fleet. */
  readonly fleet: FleetPort | null;
  readonly log: Pick<EventReader, 'read'>;
  readonly history: History;
  /** Whether decisions can be stored at present. */
  storage(): StoreStatus;
  /** Calls `listener` with the events after each append. Returns the function that stops it. */
  follow(listener: (events: readonly TidegateEvent[]) => void): () => void;
  /** @param force applies the file even if the fleet had it before and has another one now */
  reloadConfig(force?: boolean): Promise<ReloadResult>;
  /** The problems of a configuration text; `null` if too many validations wait already. */
  validateConfig(text: string): Promise<readonly ConfigProblem[] | null>;
  /** Asks the workers for counts that they have not sent yet, waits for a bounded time, and renders all metrics. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Ready once a configuration is applied and at least one worker forwards. */
  readiness(): { readonly ready: boolean; readonly reason: string };
}
