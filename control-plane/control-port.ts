/** The running control plane as its admin API, metrics and command line see it. */
import type { ConfigProblem } from './config/config-problem.js';
import type { CommandDraft } from './domain/commands.js';
import type { Rejection, World } from './domain/decision.js';
import type { TidegateEvent } from './domain/events.js';
import type { EventReader } from './event-log/event-log.js';
import type { FleetHosts } from './fleet/fleet-hosts.js';
import type { FleetStatus } from './fleet/fleet-status.js';
import type { WriteFate } from './fleet/remote-writes.js';
import type { History } from './hindsight/history.js';
import type { CheckLag } from './health-checks/punctuality.js';
import type { SnapshotPosition } from '#shared/snapshot.js';
import type { SessionDirectory } from './sessions/session-directory.js';
import type { WorkerStatus } from './workers/worker-status.js';

export type ReloadResult =
  | { readonly kind: 'applied'; readonly events: number; readonly restartNeeded: readonly string[] }
  /** `isOlder`: it was in force once, and another is now, by the word of the fleet. */
  | { readonly kind: 'unchanged'; readonly isOlder?: boolean }
  /** The fleet cannot be changed from here now. */
  | { readonly kind: 'read-only'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] };

/** Whether what is decided can be stored. */
export interface StoreStatus {
  readonly ok: boolean;
  /** Since when it cannot, milliseconds since 1970. */
  readonly since: number | null;
  /** Why not, in one sentence. */
  readonly problem: string | null;
  /** Events that wait in memory. */
  readonly unstoredEvents: number;
  /** Events given up since then, because more waited than memory keeps. */
  readonly lostEvents: number;
}

export interface MailboxFull {
  readonly kind: 'mailbox-full';
}

/** What became of a command. */
export type WriteOutcome =
  /** It is stored and in force here. `events`: how many it led to. */
  | { readonly kind: 'accepted'; readonly events: number }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | MailboxFull
  /** The fleet cannot be changed from here now, and was not. `reason`: in one sentence. */
  | { readonly kind: 'read-only'; readonly reason: string }
  /** It may have been carried out, or not. `nonce`: what it can be looked up by. */
  | { readonly kind: 'unknown'; readonly nonce: string | null };

/** The fleet as a host sees it. */
export interface FleetPort {
  /** What its hosts are called together. */
  readonly name: string;
  status(): FleetStatus;
  /** All hosts, this one too, from their last beats; where Redis cannot be asked, those of the fleet's log. */
  hosts(): Promise<FleetHosts>;
  /** All hosts as the leader saw them with its last beat; `null`: this host does not lead. */
  watched(): FleetHosts | null;
  /** What became of a write. `null`: nothing is known of it; `undefined`: Redis cannot be asked. */
  findWrite(nonce: string): Promise<WriteFate | null | undefined>;
}

export interface ControlPort {
  readonly version: string;
  /** Name of this host. */
  readonly host: string;
  readonly startedAt: number;
  readonly configFile: string;
  /** Live views: read them anew for each use. */
  world(): World;
  position(): SnapshotPosition;
  workers(): readonly WorkerStatus[];
  /** Requests in flight per `pool/backend`, all workers. */
  activeRequests(pool: string, backend: string): number;
  /** Sessions by cookie that this host knows, or that are in Redis. */
  readonly sessions: SessionDirectory;
  /** Requests that wait for room at a backend of the pool, all workers. */
  waitingRequests(pool: string): number;
  /** How late health checks are. */
  checkLag(): CheckLag;
  /** What the file says and takes effect at the next restart of this process: one sentence each. */
  restartNeeded(): readonly string[];
  /** What is wrong with the certificate, in one sentence; `null`: nothing. */
  certificateTrouble(): string | null;
  /**
   * Resolves once the events are stored and the snapshot is on its way to the workers of this host. Rejects with EventLogError
   * where this host alone decides and cannot store.
   */
  submit(draft: CommandDraft): Promise<WriteOutcome>;
  /** Resolves once this host knows what all hosts knew when it was asked, so that a write is not compared with old news. */
  catchUp(): Promise<void>;
  /** `null`: this host decides alone. */
  readonly fleet: FleetPort | null;
  readonly log: Pick<EventReader, 'read'>;
  readonly history: History;
  /** Whether what is decided can be stored. */
  storage(): StoreStatus;
  /** Calls back after each append, with the events appended. Answers the function that ends it. */
  follow(listener: (events: readonly TidegateEvent[]) => void): () => void;
  /** `force`: even where the fleet has had the file before, and has another now. */
  reloadConfig(force?: boolean): Promise<ReloadResult>;
  /** What is wrong with a file. `null`: too many wait for an answer already. */
  validateConfig(text: string): Promise<readonly ConfigProblem[] | null>;
  /** Asks the workers for what they have not sent yet (bounded wait), then renders all metrics. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Ready when configuration is applied and at least one worker forwards. */
  readiness(): { readonly ready: boolean; readonly reason: string };
}
