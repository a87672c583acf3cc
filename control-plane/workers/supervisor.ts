/**
 * Keeps N workers alive: spawns them, exchanges messages with them, starts them again when they end unexpectedly, ends those
 * that do not answer, and stops all of them by a deadline. The listener decides what their messages mean.
 */
import { decodeWorkerMessage } from '#shared/decode.js';
import { PROTOCOL_VERSION, type PrimaryMessage, type Welcome, type WorkerMessage } from '#shared/message.js';
import type { Logger, Random, TimerHandle, Timers } from '#shared/ports.js';
import { SOON_MS, planRestart } from './restart-policy.js';
import { emptyRecord, fillRecord, type WorkerRecord } from './worker-record.js';
import { HEARTBEAT_MS, hungWorkers, type Silence } from './watchdog.js';
import type { WorkerHandle, WorkerSpawner } from './worker-spawner.js';

/** Id of a flush that serves only as a heartbeat. Collections of metrics count from 1. */
const HEARTBEAT_ID = 0;
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
  readonly logger: Logger;
  readonly timers: Timers;
  readonly random: Random;
  readonly now: () => number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #listener: SupervisorListener;
  readonly #records: WorkerRecord[] = [];
  #stopping: { readonly done: () => void } | null = null;
  #heartbeat: TimerHandle | null = null;

  constructor(options: SupervisorOptions, listener: SupervisorListener) {
    this.#options = options;
    this.#listener = listener;
  }

  start(): void {
    for (let index = 0; index < this.#options.count; index += 1) {
      const record = emptyRecord(index);
      this.#records.push(record);
      this.#spawn(record);
    }
    this.#beat();
  }

  get records(): readonly Readonly<WorkerRecord>[] {
    return this.#records;
  }

  /** Numbers of the workers that forward. */
  get ready(): readonly number[] {
    return this.#records.filter((record) => record.phase === 'ready').map((record) => record.worker);
  }

  /**
   * Sends a message to one worker. A message that cannot be sent is dropped, because the worker is ending; the log notes it
   * at level debug.
   */
  send(worker: number, message: PrimaryMessage): void {
    const record = this.#records.find((candidate) => candidate.worker === worker);
    record?.process?.send(message, (error) => {
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
    this.#heartbeat?.cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopping = { done: resolve };
    for (const record of this.#records) {
      record.timer?.cancel();
      if (record.process === null) continue;
      record.phase = 'stopping';
      record.endReason ??= 'shutdown';
      this.send(record.worker, { type: 'shutdown', deadlineMs });
      record.timer = this.#options.timers.after(deadlineMs + KILL_GRACE_MS, () => record.process?.kill());
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

  #spawn(record: WorkerRecord): void {
    const process: WorkerHandle | null = this.#options.spawner.spawn({
      message: (message) => {
        if (record.process === process) this.#hear(record, message);
      },
      exited: (how) => {
        if (record.process === process) this.#gone(record, how);
      },
    });
    if (process === null) {
      this.#startAnother(record);
      return;
    }
    fillRecord(record, process, this.#options.now());
    record.timer = this.#options.timers.after(START_LIMIT_MS, () => this.#end(record, 'not ready in time'));
    this.#listener.started(record.worker, record.pid ?? 0);
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
    this.#startAnother(record);
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

  /** Asks every worker for a heartbeat, and ends the workers that have owed one for too long. */
  #beat(): void {
    const silences: Silence[] = [];
    for (const record of this.#records) {
      if (record.phase !== 'ready' || record.endReason !== null) continue;
      record.owed += 1;
      if (record.owed === 1) this.#ask(record);
      else silences.push(this.#silenceOf(record));
    }
    const hung = hungWorkers(silences, this.#options.count);
    for (const record of this.#records) if (hung.includes(record.worker)) this.#end(record, 'hung');
    this.#heartbeat = this.#options.timers.after(HEARTBEAT_MS, () => this.#beat());
  }

  #ask(record: WorkerRecord): void {
    record.askedCpuMs = record.process?.facts()?.cpuMs ?? 0;
    this.send(record.worker, { type: 'flush', id: HEARTBEAT_ID });
  }

  #silenceOf({ worker, owed, process, askedCpuMs }: WorkerRecord): Silence {
    const facts = process?.facts() ?? null;
    if (facts === null) return { worker, owed, process: null };
    const { isStopped, isRunnable, cpuMs } = facts;
    return { worker, owed, process: { isStopped, isRunnable, cpuMs: cpuMs - askedCpuMs } };
  }
}

function servesSoon({ phase, dueAt }: WorkerRecord, at: number): boolean {
  switch (phase) {
    case 'starting':
    case 'ready':
      return true;
    case 'backing-off':
      return dueAt <= at + SOON_MS;
    case 'stopping':
      return false;
  }
}
