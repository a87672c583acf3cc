/**
 * A primary process: the real control loop and the real host, tied together as `runtime/primary.ts` ties them, over a disk
 * that may fail. Can be killed at any time; what it had not stored is lost.
 */
import type { CommandDraft } from '../../control-plane/domain/commands.js';
import { fold } from '../../control-plane/domain/evolve.js';
import type { World } from '../../control-plane/domain/decision.js';
import type { TidegateEvent } from '../../control-plane/domain/events.js';
import { EventLogError } from '../../control-plane/event-log/event-log.js';
import { withTail } from '../../control-plane/event-log/read-with-tail.js';
import {
  type CheckSchedulerOptions,
  MAX_CHECKS_IN_FLIGHT,
} from '../../control-plane/health-checks/scheduler.js';
import { ControlLoop } from '../../control-plane/runtime/control-loop.js';
import { createSessionTable } from '../../control-plane/sessions/session-table.js';
import { Host } from '../../control-plane/runtime/host.js';
import type { ConfigDocument } from '../../shared/settings.js';
import { isDeepStrictEqual } from 'node:util';
import type { Backends } from './backends.js';
import { Chance } from './chance.js';
import type { Disk } from './disk.js';
import type { Ledger } from './ledger.js';
import { silence } from '../support/silence.js';
import { ProcessTimers, type VirtualTime } from '../support/virtual-time.js';
import { HOST } from '../support/workers.js';
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

/** Bytes of a worker above which it is replaced. */
export const MEMORY_LIMIT = 1_000;

/** Bindings kept: a table of full size takes longer to make than the rest of a run. */
const SESSIONS = 1_000;

export class PrimaryProcess {
  readonly number: number;
  readonly #spawner: SimulatedSpawner;
  alive = true;
  /** Whether its first commands were stored and its workers started. */
  started = false;
  readonly #system: PrimarySurroundings;
  readonly #timers: ProcessTimers;
  #loop: ControlLoop | null = null;
  #host: Host | null = null;
  #checks = 0;

  constructor(number: number, system: PrimarySurroundings) {
    this.number = number;
    this.#system = system;
    const { time, chance, backends, ledger, workers: count } = system;
    this.#timers = new ProcessTimers(time);
    this.#spawner = new SimulatedSpawner({
      primary: number,
      count,
      time,
      timers: this.#timers,
      chance: new Chance(chance.seed()),
      backends,
      ledger,
    });
  }

  /** Its workers, until it has heard of their end. */
  get workers(): readonly WorkerProcess[] {
    return this.#spawner.processes;
  }

  get loop(): ControlLoop {
    if (this.#loop === null) throw new Error('the log is not open yet');
    return this.#loop;
  }

  get host(): Host {
    if (this.#host === null) throw new Error('the log is not open yet');
    return this.#host;
  }

  /** Opens the log, begins an epoch, applies the configuration, starts workers. Ends the process when the disk is full. */
  async start(document: ConfigDocument): Promise<void> {
    const { time, chance, disk, ledger } = this.#system;
    try {
      this.#loop = await ControlLoop.open({
        log: disk.open(this.number, this.#timers),
        clock: time,
        timers: this.#timers,
        seed: () => chance.seed(),
        logger: silence,
        changed: (world, events) => {
          this.#changed(world, events);
          this.#host?.counters.appended(events);
        },
        fatal: () => this.#end(),
        dropped: () => this.#system.ledger.count('commands dropped'),
        store: {
          failed: (kind) => ledger.count(`store ${kind}`),
          recovered: () => ledger.count('store recovered'),
          entriesLost: () => ledger.count('journal entries lost'),
        },
        maxUnstoredEvents: MAX_UNSTORED_EVENTS,
      });
      this.#host = this.#createHost(this.#loop);
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
    void this.host.startWorkers();
  }

  apply(document: ConfigDocument): ReturnType<ControlLoop['submit']> {
    const sha256 = JSON.stringify(document);
    const actor = { kind: 'file', name: 'tidegate.yaml' } as const;
    const file = 'tidegate.yaml';
    return this.loop.submit({ type: 'ApplyConfig', file, sha256, document, actor });
  }

  /** What an operator sends. Refusals and a full disk are theirs to see. */
  operate(draft: CommandDraft): void {
    const { ledger } = this.#system;
    this.loop.submit(draft).then(
      (decision) => ledger.count(`operator: ${decision.kind}`),
      (error: unknown) => {
        ledger.count('operator: failed');
        ledger.require(error instanceof EventLogError, 'no-bug', String(error));
      },
    );
  }

  /** Numbers of the workers that forward. */
  get ready(): readonly number[] {
    return this.host
      .workers()
      .filter(({ phase }) => phase === 'ready')
      .map(({ worker }) => worker);
  }

  /** Whether this worker has the newest snapshot in force. */
  isConverged(worker: number): boolean {
    const applied = this.host.workers().find((status) => status.worker === worker)?.applied;
    const position = this.host.position();
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
    await this.host.stop(5_000);
    await this.loop.submit({ type: 'StopPrimary', reason: 'SIGTERM', actor: { kind: 'primary' } });
    await this.loop.close();
    this.alive = false;
    this.#spawner.dead = true;
    this.#timers.die();
  }

  #createHost(decider: ControlLoop): Host {
    const { time, chance } = this.#system;
    const { random } = new Chance(chance.seed());
    const spawner = this.#spawner;
    return new Host({
      version: '0.0.0',
      role: 'serve',
      system: {
        host: HOST,
        clock: time,
        timers: this.#timers,
        random,
        seed: () => chance.seed(),
        logger: silence,
      },
      decider,
      supervisor: {
        spawner,
        count: this.#system.workers,
        memoryLimitBytes: MEMORY_LIMIT,
        welcome: (worker, place) => spawner.welcome(worker, place),
      },
      sessions: createSessionTable(time, SESSIONS),
      redisSessions: null,
      check: this.#check,
      fleet: () => null,
      onListenFailed: () => undefined,
    });
  }

  #check: CheckSchedulerOptions['check'] = async (address, settings, at) => {
    const { backends, ledger } = this.#system;
    this.#checks += 1;
    ledger.require(this.#checks <= MAX_CHECKS_IN_FLIGHT, 'queues-are-bounded', 'checks in flight');
    const { result, afterMs } = backends.check(address, settings.timeoutMs, at);
    await this.#timers.wait(afterMs);
    this.#checks -= 1;
    return result;
  };

  #end(): void {
    this.kill();
    this.#system.ended(this);
  }

  /** Whoever reads the newest events sees each once, be it stored or not, and no gap but those that are told. */
  async #checkReads(): Promise<void> {
    const { disk, ledger } = this.#system;
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

  #changed(world: World, news: readonly TidegateEvent[]): void {
    const { disk, ledger } = this.#system;
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
    this.#host?.changed(world, news);
  }

  /** A lower limit holds from when the permits of the higher one are back. */
  #allowTrials({ state, observations }: World): void {
    const { ledger } = this.#system;
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
}
