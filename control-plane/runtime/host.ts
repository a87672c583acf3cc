/**
 * Serves the workers of this host, whichever process decides: keeps workers alive, reads their messages, sends them
 * snapshots and loads, keeps sessions, checks backends, and counts. The host reports observations to the decider. The
 * decider reports each change of the world to the host.
 */
import type { PrimaryMessage } from '#shared/message.js';
import { defaultsOf } from '#shared/settings/complete.js';
import { timeouts } from '#shared/settings/forwarding.js';
import type { SnapshotPosition } from '#shared/snapshot.js';
import { type Role, takesTraffic } from '#shared/role.js';
import { Broadcaster } from '../broadcast/broadcaster.js';
import { WorkerLoads } from '../broadcast/worker-loads.js';
import { LoadTeller } from '../broadcast/load-teller.js';
import { Publisher } from '../broadcast/publisher.js';
import type { FleetPort, StoreStatus } from '../control-port.js';
import type { CommandDraft } from '../domain/commands.js';
import type { World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import type { WorkerIncident } from '../domain/worker-incident.js';
import { FirstChecks } from '../health-checks/first-checks.js';
import type { CheckLag } from '../health-checks/punctuality.js';
import { CheckScheduler, type CheckSchedulerOptions } from '../health-checks/scheduler.js';
import { PrimaryCounters } from '../metrics/primary-counters.js';
import { type MetricsPage, createMetricsRegistry } from '../metrics/registry.js';
import { SharedPage } from '../metrics/shared-page.js';
import { MetricTotals } from '../metrics/totals.js';
import { WorkerDeltas } from '../metrics/worker-deltas.js';
import type { SessionDirectory } from '../sessions/session-directory.js';
import type { SessionTable } from '../sessions/session-table.js';
import { Supervisor, type SupervisorOptions } from '../workers/supervisor.js';
import type { WorkerRolls } from '../workers/roller.js';
import { workerStatus } from '../workers/worker-record.js';
import type { WorkerStatus } from '../workers/worker-status.js';
import { CheckReports } from './check-reports.js';
import type { SystemPorts } from './system-ports.js';
import type { ReportedWorker } from '../fleet/host-report.js';
import { FleetSeqs } from './fleet-seqs.js';
import { OwnIncidents } from './own-incidents.js';
import { WorkerMessages } from './worker-messages.js';

/** Decides for this host. */
interface Decider {
  readonly world: World;
  readonly storage: StoreStatus;
  /** How many commands wait for a decision. */
  readonly mailboxDepth: number;
  /** Takes an observation. No caller awaits the decision. */
  record(draft: CommandDraft): void;
}

export interface HostOptions {
  readonly version: string;
  readonly system: SystemPorts;
  readonly decider: Decider;
  readonly supervisor: Pick<SupervisorOptions, 'spawner' | 'count' | 'welcome' | 'memoryLimitBytes'>;
  readonly sessions: SessionTable;
  /** Sessions in Redis, which workers query directly; `null` if the session table keeps them. */
  readonly redisSessions: SessionDirectory | null;
  /** A host that takes no traffic checks no backends. */
  readonly role: Role;
  readonly check: CheckSchedulerOptions['check'];
  /** The fleet that this host belongs to; `null` if it decides alone. */
  readonly fleet: () => FleetPort | null;
  /** Called when a worker cannot listen before any worker has forwarded. */
  readonly onListenFailed: (code: string, message: string) => void;
}

export class Host {
  readonly counters: PrimaryCounters;
  readonly sessions: SessionDirectory;
  readonly #options: HostOptions;
  readonly #supervisor: Supervisor;
  readonly #workerMessages: WorkerMessages;
  readonly #scheduler: CheckScheduler;
  readonly #firstChecks: FirstChecks;
  readonly #broadcaster = new Broadcaster();
  readonly #publisher: Publisher;
  readonly #fleetSeqs = new FleetSeqs();
  readonly #incidents: OwnIncidents;
  readonly #loads = new WorkerLoads();
  readonly #loadTeller: LoadTeller;
  readonly #metricsPage: SharedPage;
  readonly #firstReady = Promise.withResolvers<number>();
  readonly #allReady = Promise.withResolvers<void>();
  readonly #now: () => number;
  #forwarded = false;

  constructor(options: HostOptions) {
    const { host, logger, timers, clock } = options.system;
    this.#options = options;
    this.#incidents = new OwnIncidents(options.supervisor.count);
    this.sessions = options.redisSessions ?? options.sessions;
    this.#publisher = new Publisher(this.#broadcaster, host);
    this.#now = () => clock.now();
    const totals = new MetricTotals();
    this.counters = new PrimaryCounters(totals);
    this.#firstChecks = new FirstChecks(timers, logger);
    this.#scheduler = this.#createScheduler();
    this.#workerMessages = this.#createWorkerMessages(totals);
    this.#supervisor = this.#createSupervisor();
    this.#loadTeller = new LoadTeller({
      loads: this.#loads,
      state: () => options.decider.world.state,
      readyWorkers: () => this.#supervisor.ready,
      send: (worker, message) => this.#supervisor.send(worker, message),
      timers,
    });
    this.#metricsPage = this.#createPage(totals);
  }

  /** Resolves when every unknown backend has had its first check, or the time for checks is over. */
  firstChecks(): Promise<void> {
    return this.#firstChecks.wait(this.#options.decider.world);
  }

  /** Starts the workers. Resolves with the port once the first worker forwards. */
  startWorkers(): Promise<number> {
    this.#supervisor.start();
    this.#loadTeller.start();
    return this.#firstReady.promise;
  }

  /** Resolves once all workers forward at the same time. */
  get allReady(): Promise<void> {
    return this.#allReady.promise;
  }

  /** Sends a message to all workers that forward. */
  broadcast(message: PrimaryMessage): void {
    this.#supervisor.broadcast(message);
  }

  /** Stops the health checks and gives the workers until the deadline to finish, in milliseconds from now. */
  async stop(deadlineMs: number): Promise<void> {
    this.#scheduler.stop();
    await this.#supervisor.stop(deadlineMs);
    this.#loadTeller.stop();
  }

  /** Ends all workers at once; requests in flight are cut. */
  killWorkers(): void {
    this.#supervisor.kill();
  }

  /** To be called after each change of the world, with the events that changed it. */
  changed(world: World, events: readonly TidegateEvent[]): void {
    this.#publisher.changed(world, this.#now());
    this.#fleetSeqs.published(this.#broadcaster.position.version, world.state.fleet?.seq ?? null);
    if (takesTraffic(this.#options.role)) this.#scheduler.update(world);
    this.#firstChecks.update(world);
    this.#incidents.take(events);
    for (const { type, pool } of events) {
      if (type === 'SessionsFlushed' && pool !== undefined) void this.#options.sessions.sweep(pool);
    }
  }

  /** Why this host does not forward, in a few words; `null` if it forwards. */
  get waitingFor(): string | null {
    return (
      this.#firstChecks.waitingFor ?? (this.#supervisor.ready.length === 0 ? 'no worker forwards' : null)
    );
  }

  /** The position of the newest snapshot. */
  position(): SnapshotPosition {
    return this.#broadcaster.position;
  }

  get rolls(): WorkerRolls {
    return this.#supervisor.rolls;
  }

  workers(): readonly WorkerStatus[] {
    return this.#supervisor.records.map((record) =>
      workerStatus(record, this.#workerMessages.news(record.worker)),
    );
  }

  /** The workers, as this host reports them to the other hosts of its fleet. */
  reportedWorkers(): readonly ReportedWorker[] {
    return this.#supervisor.records.map(({ worker, pid, phase }) => {
      const { applied } = this.#workerMessages.news(worker);
      const appliedSeq = applied === null ? null : this.#fleetSeqs.of(applied.version);
      return { n: worker, pid, phase, appliedSeq };
    });
  }

  /** What happened to the workers, as this host tells it to its fleet. */
  incidents(): readonly WorkerIncident[] {
    return this.#incidents.newest;
  }

  activeRequests(pool: string, backend: string): number {
    return this.#loads.active(pool, backend);
  }

  waitingRequests(pool: string): number {
    return this.#loads.waiting(pool);
  }

  checkLag(): CheckLag {
    return this.#scheduler.lag();
  }

  metrics(): Promise<MetricsPage> {
    return this.#metricsPage.get();
  }

  #createScheduler(): CheckScheduler {
    const { decider, system, check } = this.#options;
    const { logger, timers, random } = system;
    const reports = new CheckReports({ record: (draft) => decider.record(draft), timers, logger });
    return new CheckScheduler({
      check,
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
  }

  #createWorkerMessages(totals: MetricTotals): WorkerMessages {
    const { decider, system, sessions, supervisor, onListenFailed } = this.#options;
    const { host, logger, timers } = system;
    return new WorkerMessages({
      host,
      record: (draft) => this.#record(draft),
      state: () => decider.world.state,
      broadcaster: this.#broadcaster,
      loads: this.#loads,
      sessions,
      deltas: new WorkerDeltas(totals),
      counters: this.counters,
      metricsPage: () => this.metrics(),
      send: (worker, message) => this.#supervisor.send(worker, message),
      readyWorkers: () => this.#supervisor.ready,
      onReady: (port) => {
        this.#forwarded = true;
        this.#firstReady.resolve(port);
        if (this.#supervisor.ready.length === supervisor.count) this.#allReady.resolve();
      },
      onListenFailed: (code, message) => {
        // A worker that cannot listen while others forward is started again later. If no worker has forwarded yet, the start
        // has failed.
        if (this.#forwarded) logger.error({ code, message }, 'a worker cannot listen');
        else onListenFailed(code, message);
      },
      timers,
      logger,
    });
  }

  #createSupervisor(): Supervisor {
    const { system, supervisor, decider } = this.#options;
    const { logger, timers, random } = system;
    const shutdownMs = (): number =>
      (decider.world.state.forwarding?.timeouts ?? defaultsOf(timeouts)).shutdownMs;
    return new Supervisor(
      { ...supervisor, shutdownMs, logger, timers, random, now: this.#now },
      this.#workerMessages,
    );
  }

  #createPage(totals: MetricTotals): SharedPage {
    const { version, role, decider, system } = this.#options;
    const registry = createMetricsRegistry(totals, {
      role,
      version,
      world: () => decider.world,
      position: () => this.position(),
      workers: () => this.workers(),
      activeRequests: (pool, backend) => this.activeRequests(pool, backend),
      sessions: this.sessions,
      waitingRequests: (pool) => this.waitingRequests(pool),
      checkLag: () => this.checkLag(),
      storage: () => decider.storage,
      mailboxDepth: () => decider.mailboxDepth,
      fleet: this.#options.fleet,
    });
    const render = (): Promise<MetricsPage> =>
      this.#workerMessages.collect().then(() => registry.render(this.#now()));
    return new SharedPage(render, system.timers);
  }

  /** Records an observation. A backend that refuses connections is checked at once. */
  #record(draft: CommandDraft): void {
    this.#options.decider.record(draft);
    if (draft.type !== 'RecordOutcomes') return;
    for (const { pool, backend, failures } of draft.outcomes) {
      if ((failures.connect ?? 0) > 0) this.#scheduler.hasten(pool, backend);
    }
  }
}
