/**
 * Handles the messages of workers. Outcomes become commands, and increments of metrics become totals. An applied or refused
 * snapshot lets the broadcaster send the next one. Questions about sessions and metrics get answers.
 */
import type { BackendId } from '#shared/ids.js';
import type { MetricsReply, Nack, PrimaryMessage, SessionRequest, WorkerMessage } from '#shared/message.js';
import type { Logger, Timers } from '#shared/ports.js';
import type { SessionStore } from '#shared/session.js';
import type { SnapshotPosition } from '#shared/snapshot.js';
import type { Broadcaster } from '../broadcast/broadcaster.js';
import type { WorkerLoads } from '../broadcast/worker-loads.js';
import type { CommandDraft } from '../domain/commands.js';
import type { ControlState } from '../domain/state.js';
import type { WorkerId } from '../domain/worker-id.js';
import { configuredIn } from '../metrics/label-rules.js';
import type { PrimaryCounters } from '../metrics/primary-counters.js';
import type { WorkerDeltas } from '../metrics/worker-deltas.js';
import type { SupervisorListener } from '../workers/supervisor.js';

/**
 * How long a scrape waits for the newest counts of the workers, in milliseconds. After that it uses the counts that have
 * arrived.
 */
export const COLLECT_LIMIT_MS = 200;

interface WorkerMessagesOptions {
  /** Name of this host. */
  readonly host: string;
  readonly record: (draft: CommandDraft) => void;
  readonly state: () => ControlState;
  readonly broadcaster: Broadcaster;
  readonly loads: WorkerLoads;
  readonly sessions: SessionStore;
  readonly deltas: WorkerDeltas;
  readonly counters: PrimaryCounters;
  readonly metricsPage: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly send: (worker: number, message: PrimaryMessage) => void;
  readonly readyWorkers: () => readonly number[];
  readonly onReady: (port: number) => void;
  readonly onListenFailed: (code: string, message: string) => void;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What the messages of a worker have told about it. */
interface WorkerNews {
  applied: SnapshotPosition | null;
  lastNack: { readonly position: SnapshotPosition; readonly reason: string } | null;
  connections: number;
  /** Whether the worker has stopped asking Redis for sessions at present; `null` if sessions are not kept in Redis. */
  redisGuarded: boolean | null;
}

const NO_NEWS: WorkerNews = { applied: null, lastNack: null, connections: 0, redisGuarded: null };

interface Collection {
  readonly waiting: Set<number>;
  readonly done: () => void;
}

export class WorkerMessages implements SupervisorListener {
  readonly #options: WorkerMessagesOptions;
  readonly #news = new Map<number, WorkerNews>();
  readonly #collections = new Map<number, Collection>();
  #collectionId = 0;

  constructor(options: WorkerMessagesOptions) {
    this.#options = options;
  }

  news(worker: number): WorkerNews {
    return this.#news.get(worker) ?? NO_NEWS;
  }

  /**
   * Asks all workers for counts that they have not sent yet. Resolves when all have answered or `COLLECT_LIMIT_MS` have
   * passed.
   */
  async collect(): Promise<void> {
    const { readyWorkers, send, timers } = this.#options;
    const workers = readyWorkers();
    if (workers.length === 0) return;
    this.#collectionId += 1;
    const id = this.#collectionId;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#collections.set(id, { waiting: new Set(workers), done: resolve });
    const limit = timers.after(COLLECT_LIMIT_MS, resolve);
    for (const worker of workers) send(worker, { type: 'flush', id });
    await promise;
    limit.cancel();
    this.#collections.delete(id);
  }

  started(worker: number, pid: number): void {
    this.#news.set(worker, { ...NO_NEWS });
    this.#record({
      type: 'RecordWorkerStarted',
      worker: this.#id(worker),
      pid,
      actor: { kind: 'supervisor' },
    });
  }

  welcomed(worker: number): void {
    this.#options.broadcaster.follow(worker, (message) => this.#options.send(worker, message));
  }

  ready(worker: number, port: number): void {
    this.#record({ type: 'RecordWorkerReady', worker: this.#id(worker), actor: { kind: 'supervisor' } });
    this.#options.onReady(port);
  }

  listenFailed(_worker: number, code: string, message: string): void {
    this.#options.onListenFailed(code, message);
  }

  exited(worker: number, pid: number, reason: string, expected: boolean): void {
    this.#options.broadcaster.unfollow(worker);
    this.#options.loads.forget(worker);
    this.#options.deltas.dropWorker(worker);
    this.#news.delete(worker);
    for (const collection of this.#collections.values()) this.#collected(collection, worker);
    this.#record({
      type: 'RecordWorkerExited',
      worker: this.#id(worker),
      pid,
      reason,
      expected,
      actor: { kind: 'supervisor' },
    });
  }

  message(worker: number, message: WorkerMessage): void {
    switch (message.type) {
      case 'report': {
        const news = this.#news.get(worker);
        if (news !== undefined) {
          news.connections = message.connections;
          news.redisGuarded = message.redisGuarded ?? null;
        }
        if (message.active !== undefined) this.#options.loads.report(worker, message.active);
        if (message.waiting !== undefined) this.#options.loads.reportWaiting(worker, message.waiting);
        if (message.outcomes.length > 0) {
          const { outcomes } = message;
          this.#record({
            type: 'RecordOutcomes',
            worker: this.#id(worker),
            outcomes,
            actor: { kind: 'traffic' },
          });
        }
        return;
      }
      case 'metrics':
        this.#options.deltas.apply(worker, message, configuredIn(this.#options.state()));
        return;
      case 'ack': {
        const news = this.#news.get(worker);
        if (news !== undefined) news.applied = { epoch: message.epoch, version: message.version };
        this.#options.broadcaster.answered(worker);
        return;
      }
      case 'nack':
        this.#refused(worker, message);
        return;
      case 'session':
        void this.#session(worker, message);
        return;
      case 'metrics-request':
        void this.#metrics(worker, message.id);
        return;
      case 'flushed': {
        const collection = this.#collections.get(message.id);
        if (collection !== undefined) this.#collected(collection, worker);
        return;
      }
      case 'hello':
      case 'ready':
      case 'listen-failed':
        return; // The supervisor handles these messages.
    }
  }

  /** Within this host, a worker is identified by its number. */
  #id(worker: number): WorkerId {
    return { host: this.#options.host, n: worker };
  }

  #record(draft: CommandDraft): void {
    this.#options.record(draft);
  }

  #collected(collection: Collection, worker: number): void {
    collection.waiting.delete(worker);
    if (collection.waiting.size === 0) collection.done();
  }

  #refused(worker: number, { epoch, version, reason }: Nack): void {
    this.#options.logger.error(
      { worker, epoch, version, reason },
      'worker refused a snapshot and keeps the one before',
    );
    this.#options.counters.snapshotRefused();
    const news = this.#news.get(worker);
    if (news !== undefined) news.lastNack = { position: { epoch, version }, reason };
    this.#options.broadcaster.answered(worker);
  }

  async #session(worker: number, request: SessionRequest): Promise<void> {
    const backend = await this.#askStore(request);
    this.#options.send(worker, { type: 'session-reply', id: request.id, backend });
  }

  async #askStore(request: SessionRequest): Promise<BackendId | null | undefined> {
    const { operation, pool, session, from, to, lifetime } = request;
    const store = this.#options.sessions;
    const key = { pool, session };
    switch (operation) {
      case 'lookup':
        return store.lookup(key, lifetime);
      case 'bind':
        return to === undefined ? undefined : store.bind(key, to, lifetime);
      case 'rebind':
        return from === undefined || to === undefined ? undefined : store.rebind(key, from, to, lifetime);
    }
  }

  async #metrics(worker: number, id: number): Promise<void> {
    try {
      const page = await this.#options.metricsPage();
      const reply: MetricsReply = { type: 'metrics-reply', id, ...page };
      this.#options.send(worker, reply);
    } catch (error) {
      // Without an answer the worker replies 503 to the scraper, and the scraper tries again.
      this.#options.logger.error({ err: error }, 'metrics not rendered');
    }
  }
}
