/**
 * The running control plane: ties the control loop to the workers, the health checks, the metrics and the admin API,
 * which see it as a `ControlPort`. Wiring only; what things mean is decided in `domain/`.
 */
import { poolId } from '#shared/ids.js';
import type { PrimaryMessage } from '#shared/message.js';
import type { Logger } from '#shared/ports.js';
import type { SnapshotPosition } from '#shared/snapshot.js';
import { Broadcaster } from '../broadcast/broadcaster.js';
import { LoadBoard } from '../broadcast/load-board.js';
import { LoadTeller } from '../broadcast/load-teller.js';
import { Publisher } from '../broadcast/publisher.js';
import type { CommandDraft } from '../domain/commands.js';
import type { Decision, World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import type { EventLogError, EventReader } from '../event-log/event-log.js';
import type { LogStorage } from '../event-log/log-storage.js';
import { eventsWithTail } from '../event-log/read-with-tail.js';
import type { CheckLag } from '../health-checks/punctuality.js';
import { FirstChecks } from '../health-checks/first-checks.js';
import { Hindsight } from '../hindsight/hindsight.js';
import type { History } from '../hindsight/history.js';
import type { HistoryReader } from '../hindsight/reader.js';
import { httpCheck } from '../health-checks/http-check.js';
import { CheckScheduler } from '../health-checks/scheduler.js';
import { PrimaryCounters } from '../metrics/primary-counters.js';
import { type MetricsPage, createMetricsRegistry } from '../metrics/registry.js';
import { SharedPage } from '../metrics/shared-page.js';
import { MetricTotals } from '../metrics/totals.js';
import { WorkerDeltas } from '../metrics/worker-deltas.js';
import { type SessionTable, createSessionTable } from '../sessions/session-table.js';
import { Supervisor, type SupervisorOptions } from '../workers/supervisor.js';
import { WorkerDesk } from './worker-desk.js';
import { CheckReports } from './check-reports.js';
import type { ConfigProblem } from '../config/config-problem.js';
import type { ControlPort, MailboxFull, ReloadResult } from '../control-port.js';
import type { WorkerStatus } from '../workers/worker-status.js';
import { ControlLoop } from './control-loop.js';
import { EventLines } from './event-lines.js';
import type { Surroundings } from './surroundings.js';

/** What the primary cannot do by itself: read files. */
export interface ConfigSource {
  reload(): Promise<ReloadResult>;
  /** What could not be stored can be now. */
  storeRecovered(): void;
  /** `null`: too many wait. */
  validate(text: string): Promise<readonly ConfigProblem[] | null>;
}

export interface CertificateSource {
  trouble(): string | null;
}

export interface PrimaryOptions {
  readonly version: string;
  readonly configFile: string;
  readonly log: LogStorage;
  /** Answers questions about history in a thread of its own. Not closed here. */
  readonly reader: HistoryReader;
  readonly around: Surroundings;
  readonly supervisor: Omit<SupervisorOptions, 'logger' | 'timers' | 'random' | 'now'>;
  readonly fatal: (error: EventLogError) => void;
  readonly onListenFailed: (code: string, message: string) => void;
  /** What could not be stored can be now, in a directory that may have been made anew. */
  readonly onStoreRecovered: () => void;
}

export class Primary implements ControlPort {
  readonly version: string;
  readonly startedAt: number;
  readonly configFile: string;
  readonly log: Pick<EventReader, 'read'>;
  readonly history: History;
  readonly counters: PrimaryCounters;
  readonly #loop: ControlLoop;
  readonly #supervisor: Supervisor;
  readonly #desk: WorkerDesk;
  readonly #scheduler: CheckScheduler;
  readonly #firstChecks: FirstChecks;
  readonly #broadcaster = new Broadcaster();
  readonly #publisher = new Publisher(this.#broadcaster);
  readonly #loads = new LoadBoard();
  readonly #loadTeller: LoadTeller;
  readonly #sessions: SessionTable;
  readonly #metricsPage: SharedPage;
  readonly #followers = new Set<(events: readonly TidegateEvent[]) => void>();
  readonly #firstReady = Promise.withResolvers<number>();
  readonly #allReady = Promise.withResolvers<void>();
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #lines: EventLines;
  #source: ConfigSource | null = null;
  #certificates: CertificateSource | null = null;
  #forwarded = false;

  /** Opens the log and folds it; nothing else happens yet. Fails with EventLogError. */
  static async open(options: PrimaryOptions): Promise<Primary> {
    const { around, log, fatal } = options;
    const late: { primary?: Primary } = {};
    const loop = await ControlLoop.open({
      log,
      clock: around.clock,
      timers: around.timers,
      seed: around.seed,
      logger: around.logger,
      changed: (world, events) => {
        if (late.primary !== undefined) late.primary.#changed(world, events);
      },
      fatal,
      dropped: (draft) => late.primary?.counters.commandDropped(draft.type),
      store: {
        failed: (kind) => late.primary?.counters.storeFailed(kind),
        recovered: () => {
          if (late.primary !== undefined) late.primary.#source?.storeRecovered();
          options.onStoreRecovered();
        },
        entriesLost: (count) => late.primary?.counters.journalEntriesLost(count),
      },
    });
    const primary = new Primary(options, loop);
    late.primary = primary;
    return primary;
  }

  private constructor(options: PrimaryOptions, loop: ControlLoop) {
    const { logger, timers, random, clock } = options.around;
    this.version = options.version;
    this.configFile = options.configFile;
    this.log = eventsWithTail(options.log.events, () => loop.unstored);
    this.history = new Hindsight({
      log: options.log,
      world: () => loop.world,
      tail: () => loop.unstored,
      reader: options.reader,
    });
    this.#loop = loop;
    this.#logger = logger;
    this.#lines = new EventLines(logger);
    this.#now = () => clock.now();
    this.startedAt = clock.now();
    this.#sessions = createSessionTable(clock);
    const totals = new MetricTotals();
    this.counters = new PrimaryCounters(totals);
    const reports = new CheckReports({ record: (draft) => loop.record(draft), timers, logger });
    this.#scheduler = new CheckScheduler({
      check: httpCheck,
      report: (pool, backend, generation, result) => {
        this.counters.healthCheck(pool, backend, result.passed, result.durationMs);
        const actor = { kind: 'health-check' } as const;
        reports.result({ type: 'RecordHealthCheck', pool, backend, generation, result, actor });
      },
      lagChanged: (lag) => reports.lagChanged(lag),
      now: this.#now,
      timers,
      random,
    });
    this.#firstChecks = new FirstChecks(timers, logger);
    this.#desk = new WorkerDesk({
      record: (draft) => this.#record(draft),
      state: () => loop.world.state,
      broadcaster: this.#broadcaster,
      loads: this.#loads,
      sessions: this.#sessions,
      deltas: new WorkerDeltas(totals),
      counters: this.counters,
      metricsPage: () => this.metrics(),
      send: (worker, message) => this.#supervisor.send(worker, message),
      readyWorkers: () => this.#supervisor.ready,
      onReady: (port) => {
        this.#forwarded = true;
        this.#firstReady.resolve(port);
        if (this.#supervisor.ready.length === options.supervisor.count) this.#allReady.resolve();
      },
      onListenFailed: (code, message) => {
        // One that fails while others forward is started again later; the first one that fails ends the start.
        if (this.#forwarded) logger.error({ code, message }, 'a worker cannot listen');
        else options.onListenFailed(code, message);
      },
      timers,
      logger,
    });
    this.#supervisor = new Supervisor(
      { ...options.supervisor, logger, timers, random, now: this.#now },
      {
        started: (worker, pid) => this.#desk.started(worker, pid),
        welcomed: (worker) => this.#desk.welcomed(worker),
        ready: (worker, port) => this.#desk.ready(worker, port),
        message: (worker, message) => this.#desk.message(worker, message),
        exited: (worker, pid, reason, expected) => this.#desk.exited(worker, pid, reason, expected),
        listenFailed: (worker, code, message) => this.#desk.listenFailed(worker, code, message),
      },
    );
    this.#loadTeller = new LoadTeller({
      loads: this.#loads,
      state: () => loop.world.state,
      readyWorkers: () => this.#supervisor.ready,
      send: (worker, message) => this.#supervisor.send(worker, message),
      timers,
    });
    const registry = createMetricsRegistry(totals, {
      version: this.version,
      world: () => this.world(),
      position: () => this.position(),
      workers: () => this.workers(),
      activeRequests: (pool, backend) => this.activeRequests(pool, backend),
      sessionCount: (pool) => this.sessionCount(pool),
      pendingRequests: (pool) => this.pendingRequests(pool),
      checkLag: () => this.checkLag(),
      storage: () => this.storage(),
      mailboxDepth: () => loop.mailboxDepth,
    });
    const render = (): Promise<MetricsPage> => this.#desk.collect().then(() => registry.render(this.#now()));
    this.#metricsPage = new SharedPage(render, timers);
  }

  /** Who knows the certificate for `certificateTrouble`. */
  set certificateSource(source: CertificateSource) {
    this.#certificates = source;
  }

  /** Who reads the configuration file for `reloadConfig` and `validateConfig`. */
  set configSource(source: ConfigSource) {
    this.#source = source;
  }

  /** Resolves when every backend has been checked of which nothing is known, or has had the time for it. */
  firstChecks(): Promise<void> {
    return this.#firstChecks.wait(this.world());
  }

  /** Forks the workers; resolves with the port once the first of them forwards. */
  startWorkers(): Promise<number> {
    this.#supervisor.start();
    this.#loadTeller.start();
    return this.#firstReady.promise;
  }

  /** Resolves once all workers forward at the same time. */
  get allReady(): Promise<void> {
    return this.#allReady.promise;
  }

  /** To all workers that forward. */
  broadcast(message: PrimaryMessage): void {
    this.#supervisor.broadcast(message);
  }

  /** Lets the workers finish by the deadline, then records the end as well as the log allows. Does not close the log. */
  async stop(reason: string, deadlineMs: number): Promise<void> {
    this.#scheduler.stop();
    await this.#supervisor.stop(deadlineMs);
    this.#loadTeller.stop();
    try {
      await this.#loop.submit({ type: 'StopPrimary', reason, actor: { kind: 'primary' } });
    } catch (error) {
      this.#logger.error({ err: error }, 'the end is not recorded');
    }
    await this.#loop.close();
  }

  /** Ends all workers without a word, requests in flight included. */
  killWorkers(): void {
    this.#supervisor.kill();
  }

  world(): World {
    return this.#loop.world;
  }

  position(): SnapshotPosition {
    return this.#broadcaster.position;
  }

  workers(): readonly WorkerStatus[] {
    return this.#supervisor.slots.map((slot) => {
      const { applied, lastNack, connections } = this.#desk.news(slot.worker);
      return {
        worker: slot.worker,
        slot: slot.slot,
        pid: slot.pid,
        phase: slot.phase,
        startedAt: slot.startedAt,
        restarts: slot.restarts,
        applied,
        lastNack,
        lastHeardAt: slot.heardAt,
        connections,
      };
    });
  }

  activeRequests(pool: string, backend: string): number {
    return this.#loads.active(pool, backend);
  }

  sessionCount(pool: string): number {
    return this.#sessions.count(poolId(pool));
  }

  pendingRequests(pool: string): number {
    return this.#loads.pending(pool);
  }

  certificateTrouble(): string | null {
    return this.#certificates?.trouble() ?? null;
  }

  storage(): ReturnType<ControlPort['storage']> {
    return this.#loop.storage;
  }

  checkLag(): CheckLag {
    return this.#scheduler.lag();
  }

  submit(draft: CommandDraft): Promise<Decision | MailboxFull> {
    return this.#loop.submit(draft);
  }

  follow(listener: (events: readonly TidegateEvent[]) => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  async reloadConfig(): Promise<ReloadResult> {
    return this.#source === null ? { kind: 'unchanged' } : this.#source.reload();
  }

  async validateConfig(text: string): Promise<readonly ConfigProblem[] | null> {
    return this.#source === null ? [] : this.#source.validate(text);
  }

  metrics(): Promise<MetricsPage> {
    return this.#metricsPage.get();
  }

  readiness(): { readonly ready: boolean; readonly reason: string } {
    if (this.world().state.applied === null)
      return { ready: false, reason: 'no configuration is applied yet' };
    const waitingFor = this.#firstChecks.waitingFor;
    if (waitingFor !== null) return { ready: false, reason: waitingFor };
    if (this.#supervisor.ready.length === 0) return { ready: false, reason: 'no worker forwards' };
    return { ready: true, reason: 'forwarding' };
  }

  #record(draft: CommandDraft): void {
    this.#loop.record(draft);
    if (draft.type !== 'RecordOutcomes') return;
    for (const { pool, backend, failures } of draft.outcomes) {
      if ((failures.connect ?? 0) > 0) this.#scheduler.hasten(pool, backend);
    }
  }

  #changed(world: World, events: readonly TidegateEvent[]): void {
    this.#publisher.changed(world, this.#now());
    this.#scheduler.update(world);
    this.#firstChecks.update(world);
    if (events.length === 0) return;
    this.counters.appended(events);
    this.#lines.tell(world.state, events);
    for (const listener of this.#followers) listener(events);
  }
}
