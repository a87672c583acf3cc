/** The running control plane as its admin API, metrics and command line see it. */
import type { CommandDraft } from './domain/commands.js';
import type { Decision, World } from './domain/decision.js';
import type { TidegateEvent } from './domain/events.js';
import type { EventLog } from './event-log/event-log.js';
import type { History } from './hindsight/history.js';
import type { CheckLag } from './health-checks/punctuality.js';
import type { SnapshotPosition } from '#shared/snapshot.js';

export const WORKER_PHASES = ['starting', 'ready', 'stopping', 'backing-off'] as const;
export type WorkerPhase = (typeof WORKER_PHASES)[number];

/** One worker as `/api/v1/workers` shows it. */
export interface WorkerStatus {
  /** Number of this process in the life of the primary; permits and metrics name it. */
  readonly worker: number;
  /** Place among the workers, from 0: kept when a worker is replaced. */
  readonly slot: number;
  readonly pid: number | null;
  readonly phase: WorkerPhase;
  readonly startedAt: number;
  readonly restarts: number;
  readonly applied: SnapshotPosition | null;
  readonly lastNack: { readonly position: SnapshotPosition; readonly reason: string } | null;
  readonly lastHeardAt: number | null;
  readonly connections: number;
}

export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Dotted path of the setting, `` for the document. */
  readonly path: string;
  /** What was expected, in words. */
  readonly message: string;
  /** What is written there, where something else was expected. */
  readonly found?: string;
}

export type ReloadResult =
  | { readonly kind: 'applied'; readonly events: number; readonly restartNeeded: readonly string[] }
  | { readonly kind: 'unchanged' }
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

export interface ControlPort {
  readonly version: string;
  readonly startedAt: number;
  readonly configFile: string;
  /** Live views: read them anew for each use. */
  world(): World;
  position(): SnapshotPosition;
  workers(): readonly WorkerStatus[];
  /** Requests in flight per `pool/backend`, all workers. */
  activeRequests(pool: string, backend: string): number;
  sessionCount(pool: string): number;
  /** Requests that wait for room at a backend of the pool, all workers. */
  pendingRequests(pool: string): number;
  /** How late health checks are. */
  checkLag(): CheckLag;
  /** What is wrong with the certificate, in one sentence; `null`: nothing. */
  certificateTrouble(): string | null;
  /** Resolves once the events are stored and the snapshot is on its way to the workers. */
  submit(draft: CommandDraft): Promise<Decision | MailboxFull>;
  readonly log: Pick<EventLog, 'read'>;
  readonly history: History;
  /** Whether what is decided can be stored. */
  storage(): StoreStatus;
  /** Calls back after each append, with the events appended. Answers the function that ends it. */
  follow(listener: (events: readonly TidegateEvent[]) => void): () => void;
  reloadConfig(): Promise<ReloadResult>;
  /** What is wrong with a file. `null`: too many wait for an answer already. */
  validateConfig(text: string): Promise<readonly ConfigProblem[] | null>;
  /** Asks the workers for what they have not sent yet (bounded wait), then renders all metrics. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Ready when configuration is applied and at least one worker forwards. */
  readiness(): { readonly ready: boolean; readonly reason: string };
}
