/**
 * A primary process: the real control loop, supervisor, desk, broadcaster, load board and check scheduler, tied together as
 * `runtime/primary.ts` ties them, over a disk that may fail. Can be killed at any time; what it had not stored is lost.
 */
import { Broadcaster } from '../../control-plane/broadcast/broadcaster.js';
import { LoadBoard } from '../../control-plane/broadcast/load-board.js';
import { LoadTeller } from '../../control-plane/broadcast/load-teller.js';
import { Publisher } from '../../control-plane/broadcast/publisher.js';
import type { CommandDraft } from '../../control-plane/domain/commands.js';
import { fold } from '../../control-plane/domain/evolve.js';
import type { World } from '../../control-plane/domain/decision.js';
import { EventLogError } from '../../control-plane/event-log/event-log.js';
import { withTail } from '../../control-plane/event-log/read-with-tail.js';
import { CheckScheduler, MAX_CHECKS_IN_FLIGHT } from '../../control-plane/health-checks/scheduler.js';
import { PrimaryCounters } from '../../control-plane/metrics/primary-counters.js';
import { MetricTotals } from '../../control-plane/metrics/totals.js';
import { WorkerDeltas } from '../../control-plane/metrics/worker-deltas.js';
import { ControlLoop } from '../../control-plane/runtime/control-loop.js';
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { WorkerDesk } from '../../control-plane/runtime/worker-desk.js';
import { Supervisor } from '../../control-plane/workers/supervisor.js';
import type { SnapshotMessage } from '../../shared/message.js';
import type { ConfigDocument } from '../../shared/settings.js';
import { isDeepStrictEqual } from 'node:util';
import type { Backends } from './backends.js';
import { Chance } from './chance.js';
import type { Disk } from './disk.js';
import type { Ledger } from './ledger.js';
import { silence } from '../support/silence.js';
import { ProcessTimers, type VirtualTime } from '../support/virtual-time.js';
import type { WorkerProcess } from './worker-process.js';
import { SimulatedSpawner } from './worker-spawner.js';

export interface PrimarySurroundings {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly disk: Disk;
  readonly backends: Backends;
  readonly ledger: Ledger;
  readonly workers: number;
  /** The process has ended by itself: its log is not its own any more, or it could not start. */
  ended(primary: PrimaryProcess): void;
}

/** Few, so that some runs have to give up on events. */
const MAX_UNSTORED_EVENTS = 6;

/** Events read at once to see whether all are there. */
const READ = 10;

/** Bindings kept: a table of full size takes longer to make than the rest of a run. */
const SESSIONS = 1_000;

export class PrimaryProcess {
  readonly number: number;
  readonly supervisor: Supervisor;
  readonly #spawner: SimulatedSpawner;
  readonly broadcaster = new Broadcaster();
  readonly #publisher = new Publisher(this.broadcaster);
  readonly loads = new LoadBoard();
  alive = true;
  /** Whether its first commands were stored and its workers started. */
  started = false;
  readonly #around: PrimarySurroundings;
  readonly #timers: ProcessTimers;
  readonly #desk: WorkerDesk;
  readonly #scheduler: CheckScheduler;
  readonly #counters: PrimaryCounters;
  readonly #underWay = new Map<number, number>();
  #loop: ControlLoop | null = null;
  #checks = 0;

  constructor(number: number, around: PrimarySurroundings) {
    this.number = number;
    this.#around = around;
    const { time, chance, backends, ledger } = around;
    this.#timers = new ProcessTimers(time);
    const timers = this.#timers;
    const totals = new MetricTotals();
    this.#counters = new PrimaryCounters(totals);
    this.#scheduler = new CheckScheduler({
      check: async (address, settings, at) => {
        this.#checks += 1;
        ledger.require(this.#checks <= MAX_CHECKS_IN_FLIGHT, 'queues-are-bounded', 'checks in flight');
        const { result, afterMs } = backends.check(address, settings.timeoutMs, at);
        await timers.wait(afterMs);
        this.#checks -= 1;
        return result;
      },
      report: (pool, backend, generation, result) => {
        const actor = { kind: 'health-check' } as const;
        this.#record({ type: 'RecordHealthCheck', pool, backend, generation, result, actor });
      },
      lagChanged: () => undefined,
      now: () => time.now(),
      timers,
      random: chance.random,
    });
    this.#desk = new WorkerDesk({
      record: (draft) => this.#record(draft),
      state: () => this.loop.world.state,
      broadcaster: this.broadcaster,
      loads: this.loads,
      sessions: createSessionTable(time, SESSIONS),
      deltas: new WorkerDeltas(totals),
      counters: this.#counters,
      metricsPage: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
      send: (worker, message) => {
        if (message.type === 'snapshot') this.#checkUnderWay(worker, message);
        this.supervisor.send(worker, message);
      },
      readyWorkers: () => this.supervisor.ready,
      onReady: () => undefined,
      onListenFailed: () => undefined,
      timers,
      logger: silence,
    });
    const { workers: count } = around;
    const workerChance = new Chance(chance.seed());
    const spawner = new SimulatedSpawner({
      primary: number,
      count,
      time,
      timers,
      chance: workerChance,
      backends,
      ledger,
    });
    this.#spawner = spawner;
    this.supervisor = new Supervisor(
      {
        spawner,
        count,
        welcome: (worker, place) => spawner.welcome(worker, place),
        logger: silence,
        timers,
        random: workerChance.random,
        now: () => time.now(),
      },
      {
        started: (worker, pid) => this.#desk.started(worker, pid),
        ready: (worker, port) => this.#desk.ready(worker, port),
        welcomed: (worker) => this.#desk.welcomed(worker),
        message: (worker, message) => {
          if (message.type === 'ack' || message.type === 'nack') this.#underWay.delete(worker);
          this.#desk.message(worker, message);
        },
        exited: (worker, pid, reason, expected) => this.#desk.exited(worker, pid, reason, expected),
        listenFailed: () => undefined,
      },
    );
  }

  /** Its workers, until it has heard of their end. */
  get workers(): readonly WorkerProcess[] {
    return this.#spawner.processes;
  }

  get loop(): ControlLoop {
    if (this.#loop === null) throw new Error('the log is not open yet');
    return this.#loop;
  }

  /** Opens the log, begins an epoch, applies the configuration, starts workers. Ends the process when the disk is full. */
  async start(document: ConfigDocument): Promise<void> {
    const { time, chance, disk, ledger } = this.#around;
    try {
      this.#loop = await ControlLoop.open({
        log: disk.open(this.number, this.#timers),
        clock: time,
        timers: this.#timers,
        seed: () => chance.seed(),
        logger: silence,
        changed: (world, events) => {
          this.#changed(world);
          this.#counters.appended(events);
        },
        fatal: () => this.#end(),
        dropped: () => this.#around.ledger.count('commands dropped'),
        store: {
          failed: (kind) => ledger.count(`store ${kind}`),
          recovered: () => ledger.count('store recovered'),
          entriesLost: () => ledger.count('journal entries lost'),
        },
        maxUnstoredEvents: MAX_UNSTORED_EVENTS,
      });
      const actor = { kind: 'primary' } as const;
      await this.loop.submit({ type: 'StartPrimary', version: '0.0.0', pid: this.number, actor });
      await this.apply(document);
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
      this.#end();
      return;
    }
    if (!this.alive) return;
    this.started = true;
    this.supervisor.start();
    new LoadTeller({
      loads: this.loads,
      state: () => this.loop.world.state,
      readyWorkers: () => this.supervisor.ready,
      send: (worker, message) => this.supervisor.send(worker, message),
      timers: this.#timers,
    }).start();
  }

  apply(document: ConfigDocument): ReturnType<ControlLoop['submit']> {
    const sha256 = JSON.stringify(document);
    const actor = { kind: 'file', name: 'tidegate.yaml' } as const;
    const file = 'tidegate.yaml';
    return this.loop.submit({ type: 'ApplyConfig', file, sha256, document, restartNeeded: [], actor });
  }

  /** What an operator sends. Refusals and a full disk are theirs to see. */
  operate(draft: CommandDraft): void {
    const { ledger } = this.#around;
    this.loop.submit(draft).then(
      (decision) => ledger.count(`operator: ${decision.kind}`),
      (error: unknown) => {
        ledger.count('operator: failed');
        ledger.require(error instanceof EventLogError, 'no-bug', String(error));
      },
    );
  }

  /** Whether this worker has the newest snapshot in force. */
  isConverged(worker: number): boolean {
    const { applied } = this.#desk.news(worker);
    const { position } = this.broadcaster;
    return applied?.epoch === position.epoch && applied.version === position.version;
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#spawner.dead = true;
    this.#timers.die();
    for (const process of this.workers) process.cut();
  }

  async stop(): Promise<void> {
    this.#scheduler.stop();
    await this.supervisor.stop(5_000);
    await this.loop.submit({ type: 'StopPrimary', reason: 'SIGTERM', actor: { kind: 'primary' } });
    await this.loop.close();
    this.alive = false;
    this.#spawner.dead = true;
    this.#timers.die();
  }

  #end(): void {
    this.kill();
    this.#around.ended(this);
  }

  #record(draft: CommandDraft): void {
    this.loop.record(draft);
    if (draft.type !== 'RecordOutcomes') return;
    for (const { pool, backend, failures } of draft.outcomes) {
      if ((failures.connect ?? 0) > 0) this.#scheduler.hasten(pool, backend);
    }
  }

  /** Whoever reads the newest events sees each once, be it stored or not, and no gap but those that are told. */
  async #checkReads(): Promise<void> {
    const { disk, ledger } = this.#around;
    const { seq, epoch } = this.loop.world.state;
    const waiting = this.loop.unstored.events.at(-1)?.seq ?? 0;
    ledger.require(waiting <= seq, 'reads-see-each-once', `${waiting} waits, and ${seq} is in force`);
    const log = withTail(disk.log, () => this.loop.unstored);
    const newest = await log.events.read({ limit: READ, order: 'backward' });
    const forward = await log.events.read({ after: seq - READ, limit: 2 * READ, order: 'forward' });
    // What another primary has written meanwhile, this one has yet to find out.
    if (disk.folded.epoch !== epoch || !this.alive) return;
    ledger.require((newest[0]?.seq ?? 0) >= seq, 'reads-see-all', `${newest[0]?.seq} of ${seq}`);
    for (const events of [newest.toReversed(), forward]) {
      events.slice(1).forEach((event, index) => {
        const before = events[index]?.seq ?? 0;
        const told = event.type === 'EventsLost' && event.data.last === event.seq - 1;
        const follows = event.seq === before + 1 || (told && event.data.first <= before + 1);
        ledger.require(follows, 'reads-see-each-once', `${event.seq} after ${before}`);
      });
    }
  }

  #changed(world: World): void {
    const { disk, ledger } = this.#around;
    void this.#checkReads();
    // Another primary may have written meanwhile: then this one has yet to find out.
    const { base, events } = this.loop.unstored;
    const stored = base ?? disk.folded;
    if (stored.epoch === world.state.epoch) {
      ledger.require(
        isDeepStrictEqual(world.state, fold(stored, events)),
        'state-is-the-fold',
        `at ${world.state.seq}`,
      );
    }
    this.#allowTrials(world);
    this.#publisher.changed(world, this.#around.time.now());
    this.#scheduler.update(world);
  }

  /** A lower limit holds from when the permits of the higher one are back. */
  #allowTrials({ state, observations }: World): void {
    const { ledger } = this.#around;
    for (const pool of state.pools.values()) {
      const limit = pool.settings.breaker?.halfOpenLimit ?? 0;
      for (const { id, generation } of pool.backends.values()) {
        const family = `${this.number} ${pool.id}/${id}/${generation}`;
        const out = observations.pools.get(pool.id)?.get(id)?.trials?.permits.length ?? 0;
        const before = ledger.allowedTrials(family);
        ledger.allowTrials(family, out === 0 ? limit : Math.max(limit, before));
      }
    }
  }

  #checkUnderWay(worker: number, message: SnapshotMessage): void {
    const before = this.#underWay.get(worker);
    this.#underWay.set(worker, message.version);
    const text = `${worker}: ${message.version} after ${before}`;
    this.#around.ledger.require(before === undefined, 'one-snapshot-under-way', text);
  }
}
