/**
 * Keeps N workers alive: spawns them, exchanges messages with them, starts them again when they end unexpectedly, ends those
 * that do not answer, replaces them as `roller.ts` says, and stops all of them by a deadline. The listener decides what their
 * messages mean.
 */
import { decodeWorkerMessage } from '#shared/decode.js';
import { PROTOCOL_VERSION, type PrimaryMessage, type Welcome, type WorkerMessage } from '#shared/message.js';
import type { Logger, Random, Timers } from '#shared/ports.js';
import { Heartbeat } from './heartbeat.js';
import { planRestart } from './restart-policy.js';
import type { Pair } from './roll-policy.js';
import { Roller, type WorkerRolls } from './roller.js';
import { emptyRecord, fillRecord, servesSoon, type WorkerRecord } from './worker-record.js';
import type { WorkerHandle, WorkerSpawner } from './worker-spawner.js';

/** How long a worker may take from fork to ready, in milliseconds. */
const START_LIMIT_MS = 30_000;
/** How long a worker may run past the deadline of a shutdown before it is killed, in milliseconds. */
const KILL_GRACE_MS = 1_000;
/** A worker that sends this many unreadable messages counts as broken and is ended. */
const MALFORMED_LIMIT = 10;

export interface SupervisorListener {
  started(worker: number, pid: number): void;
  /** The worker forwards on `port`. */
  ready(worker: number, port: number): void;
  /** The worker has said hello. From now on it can receive snapshots. */
  welcomed(worker: number): void;
  message(worker: number, message: WorkerMessage): void;
  exited(worker: number, pid: number, reason: string, expected: boolean): void;
  listenFailed(worker: number, code: string, message: string): void;
}

export interface SupervisorOptions {
  readonly spawner: WorkerSpawner;
  readonly count: number;
  /** Makes the first message to a worker. It tells the worker its number and its index among the workers. */
  readonly welcome: (worker: number, index: number) => Welcome;
  /** How long a worker that is replaced may take to finish its requests, in milliseconds. */
  readonly shutdownMs: () => number;
  /** A worker with more resident memory than this many bytes is replaced; `null`: none is. */
  readonly memoryLimitBytes: number | null;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly random: Random;
  readonly now: () => number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #listener: SupervisorListener;
  /** One for each index. While a worker is replaced, the record of its successor follows its own. */
  readonly #records: WorkerRecord[] = [];
  readonly #roller: Roller;
  readonly #heartbeat: Heartbeat;
  #stopping: { readonly done: () => void } | null = null;

  constructor(options: SupervisorOptions, listener: SupervisorListener) {
    this.#options = options;
    this.#listener = listener;
    const { memoryLimitBytes, now, logger, count, timers } = options;
    this.#roller = new Roller({
      workers: () => this.#records,
      memoryOf: (worker) => this.#recordOf(worker)?.process?.memoryBytes() ?? null,
      memoryLimitBytes,
      startBeside: (worker) => this.#startBeside(worker),
      end: (pair) => this.#endReplaced(pair),
      now,
      logger,
    });
    this.#heartbeat = new Heartbeat({
      records: this.#records,
      count,
      timers,
      send: (worker, message) => this.send(worker, message),
      hung: (record) => this.#end(record, 'hung'),
      beaten: () => this.#roller.look(),
    });
  }

  start(): void {
    for (let index = 0; index < this.#options.count; index += 1) {
      const record = emptyRecord(index);
      this.#records.push(record);
      this.#spawn(record);
    }
    this.#heartbeat.start();
  }

  get records(): readonly Readonly<WorkerRecord>[] {
    return this.#records;
  }

  /** Numbers of the workers that forward. */
  get ready(): readonly number[] {
    return this.#records.filter((record) => record.phase === 'ready').map((record) => record.worker);
  }

  get rolls(): WorkerRolls {
    return this.#roller;
  }

  /**
   * Sends a message to one worker. A message that cannot be sent is dropped, because the worker is ending; the log notes it
   * at level debug.
   */
  send(worker: number, message: PrimaryMessage): void {
    this.#recordOf(worker)?.process?.send(message, (error) => {
      this.#options.logger.debug({ worker, err: error }, 'message to worker not sent');
    });
  }

  broadcast(message: PrimaryMessage): void {
    for (const worker of this.ready) this.send(worker, message);
  }

  /**
   * Lets all workers finish their requests. After `deadlineMs` milliseconds the remaining requests are cut. Resolves when no
   * worker is left.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#heartbeat.stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopping = { done: resolve };
    this.#roller.close();
    for (const record of this.#records) {
      record.timer?.cancel();
      if (record.process !== null) this.#askToEnd(record, 'shutdown', deadlineMs);
    }
    this.#checkStopped();
    await promise;
  }

  /** Kills all workers at once. */
  kill(): void {
    for (const record of this.#records) record.process?.kill();
  }

  #checkStopped(): void {
    if (this.#records.every((record) => record.process === null)) this.#stopping?.done();
  }

  #askToEnd(record: WorkerRecord, reason: string, deadlineMs: number): void {
    record.phase = 'stopping';
    record.endReason ??= reason;
    this.send(record.worker, { type: 'shutdown', deadlineMs });
    record.timer = this.#options.timers.after(deadlineMs + KILL_GRACE_MS, () => record.process?.kill());
  }

  #recordOf(worker: number): WorkerRecord | undefined {
    return this.#records.find((candidate) => candidate.worker === worker);
  }

  #startBeside(worker: number): number | null {
    const old = this.#recordOf(worker);
    if (old === undefined) return null;
    const successor: WorkerRecord = { ...emptyRecord(old.index), restarts: old.restarts };
    if (!this.#trySpawn(successor)) return null;
    this.#records.splice(this.#records.indexOf(old) + 1, 0, successor);
    return successor.worker;
  }

  #endReplaced({ old, successor }: Pair): void {
    const record = this.#recordOf(old);
    if (record !== undefined) {
      this.#askToEnd(record, `replaced by worker ${successor}`, this.#options.shutdownMs());
    }
  }

  /** Whether another process has, or is about to have, the place of this one. */
  #isReplaced(record: WorkerRecord): boolean {
    return this.#records.some(
      (other) => other !== record && other.index === record.index && other.phase !== 'stopping',
    );
  }

  #spawn(record: WorkerRecord): void {
    if (!this.#trySpawn(record)) this.#startAnother(record);
  }

  /** False: the system has no process to give. */
  #trySpawn(record: WorkerRecord): boolean {
    const process: WorkerHandle | null = this.#options.spawner.spawn({
      message: (message) => {
        if (record.process === process) this.#hear(record, message);
      },
      exited: (how) => {
        if (record.process === process) this.#gone(record, how);
      },
    });
    if (process === null) return false;
    fillRecord(record, process, this.#options.now());
    record.timer = this.#options.timers.after(START_LIMIT_MS, () => this.#end(record, 'not ready in time'));
    this.#listener.started(record.worker, record.pid ?? 0);
    return true;
  }

  #hear(record: WorkerRecord, raw: unknown): void {
    const decoded = decodeWorkerMessage(raw);
    if (!decoded.ok) {
      record.malformed += 1;
      this.#options.logger.error(
        { worker: record.worker, problem: decoded.problem },
        'unreadable message from worker',
      );
      if (record.malformed >= MALFORMED_LIMIT) this.#end(record, 'unreadable messages');
      return;
    }
    record.heardAt = this.#options.now();
    const message = decoded.message;
    switch (message.type) {
      case 'hello':
        this.#welcome(record, message.protocol);
        return;
      case 'ready':
        record.timer?.cancel();
        record.timer = null;
        if (record.phase === 'starting') record.phase = 'ready';
        this.#listener.ready(record.worker, message.port);
        this.#roller.advance();
        return;
      case 'listen-failed':
        this.#listener.listenFailed(record.worker, message.code, message.message);
        this.#end(record, `cannot listen: ${message.code}`);
        return;
      case 'flushed':
        record.owed = 0;
        this.#listener.message(record.worker, message);
        return;
      case 'ack':
      case 'nack':
      case 'report':
      case 'metrics':
      case 'session':
      case 'metrics-request':
        this.#listener.message(record.worker, message);
    }
  }

  #welcome(record: WorkerRecord, protocol: number): void {
    if (protocol !== PROTOCOL_VERSION) {
      this.#end(record, `speaks protocol ${protocol}, not ${PROTOCOL_VERSION}`);
      return;
    }
    this.send(record.worker, this.#options.welcome(record.worker, record.index));
    this.#listener.welcomed(record.worker);
  }

  #end(record: WorkerRecord, reason: string): void {
    this.#options.logger.error({ worker: record.worker, pid: record.pid, reason }, 'ending worker');
    record.endReason = reason;
    record.process?.kill();
  }

  #gone(record: WorkerRecord, how: string): void {
    record.timer?.cancel();
    record.timer = null;
    record.process = null;
    const expected = record.phase === 'stopping';
    const reason = record.endReason ?? how;
    const pid = record.pid ?? 0;
    record.pid = null;
    this.#listener.exited(record.worker, pid, reason, expected);
    if (this.#stopping !== null) {
      this.#checkStopped();
      return;
    }
    this.#roller.ended(record.worker, reason);
    if (this.#isReplaced(record)) this.#records.splice(this.#records.indexOf(record), 1);
    else this.#startAnother(record);
    this.#roller.advance();
  }

  #startAnother(record: WorkerRecord): void {
    const { now, random, timers, logger, count } = this.#options;
    const at = now();
    const ending = {
      crashesBefore: record.crashes,
      livedMs: at - record.startedAt,
      forwarded: record.phase === 'ready',
    };
    const others = this.#records.filter((other) => other !== record && servesSoon(other, at)).length;
    const plan = planRestart(ending, { total: count, others }, random);
    record.crashes = plan.crashes;
    record.restarts += 1;
    record.phase = 'backing-off';
    record.dueAt = at + plan.delayMs;
    logger.info({ worker: record.worker, restartInMs: plan.delayMs }, 'worker ended, starting another');
    record.timer = timers.after(plan.delayMs, () => this.#spawn(record));
  }
}
