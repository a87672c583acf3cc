/**
 * The running control plane: the control loop decides, the host acts, and the admin API uses both through `ControlPort`.
 * This file only wires them; `domain/` decides what things mean.
 */
import type { PrimaryMessage } from '#shared/message.js';
import type { Logger } from '#shared/ports.js';
import type { SnapshotPosition } from '#shared/snapshot.js';
import type { ConfigProblem } from '../config/config-problem.js';
import { type Role, takesTraffic } from '#shared/role.js';
import { TextPatterns } from '../config/text-pattern.js';
import type { ControlPort, FleetPort, ReloadResult, WriteOutcome } from '../control-port.js';
import type { Actor } from '../domain/actor.js';
import type { CommandDraft } from '../domain/commands.js';
import type { World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import type { EventLogError, EventReader } from '../event-log/event-log.js';
import type { LogStorage } from '../event-log/log-storage.js';
import { eventsWithTail } from '../event-log/read-with-tail.js';
import type { FleetNode } from '../fleet/fleet-node.js';
import type { FileStanding } from '../fleet/whose-file.js';
import { isForTheFleet } from '../fleet/fleet-writes.js';
import { httpCheck } from '../health-checks/http-check.js';
import type { CheckLag } from '../health-checks/punctuality.js';
import { Hindsight } from '../hindsight/hindsight.js';
import type { History } from '../hindsight/history.js';
import type { HistoryReader } from '../hindsight/reader.js';
import type { PrimaryCounters } from '../metrics/primary-counters.js';
import type { MetricsPage } from '../metrics/registry.js';
import type { SessionDirectory } from '../sessions/session-directory.js';
import { createSessionTable } from '../sessions/session-table.js';
import type { WorkerRolls } from '../workers/roller.js';
import type { WorkerStatus } from '../workers/worker-status.js';
import { ControlLoop } from './control-loop.js';
import { EventLines } from './event-lines.js';
import { Host, type HostOptions } from './host.js';
import { fleetPort, type Membership } from './membership.js';

/** Reads the configuration file for the primary, which cannot read files itself. */
export interface ConfigSource {
  reload(actor?: Actor, force?: boolean): Promise<ReloadResult>;
  /** The settings in the file that take effect at the next restart. */
  readonly restartNeeded: readonly string[];
  /** What the file is to what is in force; `null`: it is not valid, or was not read yet. */
  readonly fileStanding: FileStanding | null;
  /** To be called when the log can be written again. */
  storeRecovered(): void;
  /** Returns `null` if too many validations wait. */
  validate(text: string): Promise<readonly ConfigProblem[] | null>;
}

interface CertificateSource {
  trouble(): string | null;
}

interface PrimaryOptions extends Omit<HostOptions, 'decider' | 'sessions' | 'check' | 'fleet'> {
  readonly role: Role;
  readonly configFile: string;
  readonly log: LogStorage;
  /** Answers questions about history in another thread. The primary does not close it. */
  readonly reader: HistoryReader;
  /** `null` if this host belongs to no fleet. */
  readonly membership: Membership | null;
  readonly fatal: (error: EventLogError) => void;
  /** Called when the log can be written again. Its directory may have been created anew. */
  readonly onStoreRecovered: () => void;
}

export class Primary implements ControlPort {
  readonly role: Role;
  readonly version: string;
  readonly host: string;
  readonly startedAt: number;
  readonly configFile: string;
  readonly log: Pick<EventReader, 'read'>;
  readonly history: History;
  readonly sessions: SessionDirectory;
  readonly rolls: WorkerRolls;
  readonly #loop: ControlLoop;
  readonly #host: Host;
  /** `null` if this host belongs to no fleet. */
  readonly node: FleetNode | null;
  readonly fleet: FleetPort | null;
  readonly #followers = new Set<(events: readonly TidegateEvent[]) => void>();
  readonly #logger: Logger;
  readonly #lines: EventLines;
  #source: ConfigSource | null = null;
  #certificates: CertificateSource | null = null;

  /** Opens the log and restores the state from it. Starts nothing else. Rejects with EventLogError. */
  static async open(options: PrimaryOptions): Promise<Primary> {
    const { system, log, fatal } = options;
    const late: { primary?: Primary } = {};
    const loop = await ControlLoop.open({
      log,
      clock: system.clock,
      timers: system.timers,
      seed: system.seed,
      logger: system.logger,
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
    const { logger, clock } = options.system;
    this.role = options.role;
    this.version = options.version;
    this.host = options.system.host;
    this.configFile = options.configFile;
    this.log = eventsWithTail(options.log.events, () => loop.unstored);
    this.history = new Hindsight({
      teller: { host: this.host, inFleet: options.membership !== null },
      log: options.log,
      world: () => loop.world,
      tail: () => loop.unstored,
      reader: options.reader,
    });
    this.#loop = loop;
    this.#logger = logger;
    this.#lines = new EventLines(logger, this.host, this.role);
    this.startedAt = clock.now();
    const { version, system, supervisor, onListenFailed } = options;
    const patterns = new TextPatterns();
    this.#host = new Host({
      version,
      system,
      decider: loop,
      supervisor,
      sessions: createSessionTable(clock),
      redisSessions: options.redisSessions,
      role: this.role,
      check: (...check) => httpCheck(...check, { patterns }),
      fleet: () => this.fleet,
      onListenFailed,
    });
    this.sessions = this.#host.sessions;
    this.rolls = this.#host.rolls;
    const { membership } = options;
    const node = membership?.join(loop, this.#host) ?? null;
    this.node = node;
    this.fleet = node === null || membership === null ? null : fleetPort(membership, node);
  }

  get counters(): PrimaryCounters {
    return this.#host.counters;
  }

  /** Sets the source that answers `certificateTrouble`. */
  set certificateSource(source: CertificateSource) {
    this.#certificates = source;
  }

  /** Sets the source that serves `reloadConfig` and `validateConfig`. */
  set configSource(source: ConfigSource) {
    this.#source = source;
  }

  /** Resolves when every unknown backend has had its first check, or the time for checks is over. */
  firstChecks(): Promise<void> {
    return this.#host.firstChecks();
  }

  /** Forks the workers. Resolves with the port once the first worker forwards. */
  startWorkers(): Promise<number> {
    return this.#host.startWorkers();
  }

  /** Resolves once all workers forward at the same time. */
  get allReady(): Promise<void> {
    return this.#host.allReady;
  }

  /** Sends a message to all workers that forward. */
  broadcast(message: PrimaryMessage): void {
    this.#host.broadcast(message);
  }

  /** Gives the workers until the deadline to finish, then records the end if it can. Does not close the log. */
  async stop(reason: string, deadlineMs: number): Promise<void> {
    // This host leaves its fleet first, so that another host leads while the workers finish.
    await this.node?.stop();
    await this.#host.stop(deadlineMs);
    try {
      await this.#loop.submit({ type: 'StopPrimary', reason, actor: { kind: 'primary' } });
    } catch (error) {
      this.#logger.error({ err: error }, 'the end is not recorded');
    }
    await this.#loop.close();
  }

  /** Ends all workers at once; requests in flight are cut. */
  killWorkers(): void {
    this.#host.killWorkers();
  }

  world(): World {
    return this.#loop.world;
  }

  position(): SnapshotPosition {
    return this.#host.position();
  }

  workers(): readonly WorkerStatus[] {
    return this.#host.workers();
  }

  activeRequests(pool: string, backend: string): number {
    return this.#host.activeRequests(pool, backend);
  }

  waitingRequests(pool: string): number {
    return this.#host.waitingRequests(pool);
  }

  restartNeeded(): readonly string[] {
    return this.#source?.restartNeeded ?? [];
  }

  fileStanding(): FileStanding | null {
    return this.#source?.fileStanding ?? null;
  }

  certificateTrouble(): string | null {
    return this.#certificates?.trouble() ?? null;
  }

  storage(): ReturnType<ControlPort['storage']> {
    return this.#loop.storage;
  }

  checkLag(): CheckLag {
    return this.#host.checkLag();
  }

  async submit(draft: CommandDraft): Promise<WriteOutcome> {
    if (this.node !== null && isForTheFleet(draft)) return this.node.submit(draft);
    return this.decideHere(draft);
  }

  /** Decides for this host alone, even if it belongs to a fleet. */
  async decideHere(draft: CommandDraft): Promise<WriteOutcome> {
    const decision = await this.#loop.submit(draft);
    return decision.kind === 'accepted' ? { kind: 'accepted', events: decision.events.length } : decision;
  }

  async catchUp(): Promise<void> {
    await this.node?.catchUp();
  }

  follow(listener: (events: readonly TidegateEvent[]) => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  async reloadConfig(force = false): Promise<ReloadResult> {
    return this.#source === null ? { kind: 'unchanged' } : this.#source.reload({ kind: 'api' }, force);
  }

  async validateConfig(text: string): Promise<readonly ConfigProblem[] | null> {
    return this.#source === null ? [] : this.#source.validate(text);
  }

  metrics(): Promise<MetricsPage> {
    return this.#host.metrics();
  }

  readiness(): { readonly ready: boolean; readonly reason: string } {
    if (this.world().state.applied === null) {
      return { ready: false, reason: 'no configuration is applied yet' };
    }
    if (!takesTraffic(this.role)) return { ready: true, reason: 'takes no traffic, and may lead its fleet' };
    const { waitingFor } = this.#host;
    if (waitingFor !== null) return { ready: false, reason: waitingFor };
    return { ready: true, reason: 'forwarding' };
  }

  #changed(world: World, events: readonly TidegateEvent[]): void {
    this.#host.changed(world, events);
    if (events.length === 0) return;
    this.counters.appended(events);
    this.#lines.tell(world.state, events);
    for (const listener of this.#followers) listener(events);
  }
}
