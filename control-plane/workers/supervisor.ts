/**
 * Keeps N workers alive: has them spawned, speaks with them, starts them again when they end unasked,
 * ends those that no longer answer, and shuts all down by a deadline. What their messages mean is the listener's.
 */
import { decodeWorkerMessage } from '#shared/decode.js';
import { PROTOCOL_VERSION, type PrimaryMessage, type Welcome, type WorkerMessage } from '#shared/message.js';
import type { Logger, Random, TimerHandle, Timers } from '#shared/ports.js';
import { SOON_MS, planRestart } from './restart-policy.js';
import { emptySlot, fillSlot, type Slot } from './slot.js';
import { HEARTBEAT_MS, hungWorkers, type Silence } from './watchdog.js';
import type { WorkerHandle, WorkerSpawner } from './worker-spawner.js';

/** Number of the flushes that only ask for a sign of life: collections count from 1. */
const HEARTBEAT_ID = 0;
/** A worker gets this long from fork to ready. */
const START_LIMIT_MS = 30_000;
/** Past a shutdown's deadline a worker gets this long to end by itself. */
const KILL_GRACE_MS = 1_000;
/** Messages that could not be read before the worker counts as broken and is ended. */
const MALFORMED_LIMIT = 10;

export interface SupervisorListener {
  started(worker: number, pid: number): void;
  /** The worker forwards on `port`. */
  ready(worker: number, port: number): void;
  /** Its first message of this life: it may be told snapshots from now on. */
  welcomed(worker: number): void;
  message(worker: number, message: WorkerMessage): void;
  exited(worker: number, pid: number, reason: string, expected: boolean): void;
  listenFailed(worker: number, code: string, message: string): void;
}

export interface SupervisorOptions {
  readonly spawner: WorkerSpawner;
  readonly count: number;
  /** What a worker is told first: its number, and which of the places it fills. */
  readonly welcome: (worker: number, place: number) => Welcome;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly random: Random;
  readonly now: () => number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #listener: SupervisorListener;
  readonly #slots: Slot[] = [];
  #stopping: { readonly done: () => void } | null = null;
  #heartbeat: TimerHandle | null = null;

  constructor(options: SupervisorOptions, listener: SupervisorListener) {
    this.#options = options;
    this.#listener = listener;
  }

  start(): void {
    for (let index = 0; index < this.#options.count; index += 1) {
      const slot = emptySlot(index);
      this.#slots.push(slot);
      this.#spawn(slot);
    }
    this.#beat();
  }

  get slots(): readonly Readonly<Slot>[] {
    return this.#slots;
  }

  /** Numbers of the workers that forward. */
  get ready(): readonly number[] {
    return this.#slots.filter((slot) => slot.phase === 'ready').map((slot) => slot.worker);
  }

  /** Sends to one worker. What cannot be sent is dropped with a debug line: the worker is on its way out. */
  send(worker: number, message: PrimaryMessage): void {
    const slot = this.#slots.find((candidate) => candidate.worker === worker);
    slot?.process?.send(message, (error) => {
      this.#options.logger.debug({ worker, err: error }, 'message to worker not sent');
    });
  }

  broadcast(message: PrimaryMessage): void {
    for (const worker of this.ready) this.send(worker, message);
  }

  /** Lets all workers finish their requests; after `deadlineMs` what is left is cut. Resolves when none is left. */
  async stop(deadlineMs: number): Promise<void> {
    this.#heartbeat?.cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopping = { done: resolve };
    for (const slot of this.#slots) {
      slot.timer?.cancel();
      if (slot.process === null) continue;
      slot.phase = 'stopping';
      slot.endReason ??= 'shutdown';
      this.send(slot.worker, { type: 'shutdown', deadlineMs });
      slot.timer = this.#options.timers.after(deadlineMs + KILL_GRACE_MS, () => slot.process?.kill());
    }
    this.#checkStopped();
    await promise;
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const slot of this.#slots) slot.process?.kill();
  }

  #checkStopped(): void {
    if (this.#slots.every((slot) => slot.process === null)) this.#stopping?.done();
  }

  #spawn(slot: Slot): void {
    const process: WorkerHandle | null = this.#options.spawner.spawn({
      message: (message) => {
        if (slot.process === process) this.#hear(slot, message);
      },
      exited: (how) => {
        if (slot.process === process) this.#gone(slot, how);
      },
    });
    if (process === null) {
      this.#startAnother(slot);
      return;
    }
    fillSlot(slot, process, this.#options.now());
    slot.timer = this.#options.timers.after(START_LIMIT_MS, () => this.#end(slot, 'not ready in time'));
    this.#listener.started(slot.worker, slot.pid ?? 0);
  }

  #hear(slot: Slot, raw: unknown): void {
    const decoded = decodeWorkerMessage(raw);
    if (!decoded.ok) {
      slot.malformed += 1;
      this.#options.logger.error(
        { worker: slot.worker, problem: decoded.problem },
        'unreadable message from worker',
      );
      if (slot.malformed >= MALFORMED_LIMIT) this.#end(slot, 'unreadable messages');
      return;
    }
    slot.heardAt = this.#options.now();
    const message = decoded.message;
    switch (message.type) {
      case 'hello':
        this.#welcome(slot, message.protocol);
        return;
      case 'ready':
        slot.timer?.cancel();
        slot.timer = null;
        if (slot.phase === 'starting') slot.phase = 'ready';
        this.#listener.ready(slot.worker, message.port);
        return;
      case 'listen-failed':
        this.#listener.listenFailed(slot.worker, message.code, message.message);
        this.#end(slot, `cannot listen: ${message.code}`);
        return;
      case 'flushed':
        slot.owed = 0;
        this.#listener.message(slot.worker, message);
        return;
      case 'ack':
      case 'nack':
      case 'report':
      case 'metrics':
      case 'session':
      case 'metrics-request':
        this.#listener.message(slot.worker, message);
    }
  }

  #welcome(slot: Slot, protocol: number): void {
    if (protocol !== PROTOCOL_VERSION) {
      this.#end(slot, `speaks protocol ${protocol}, not ${PROTOCOL_VERSION}`);
      return;
    }
    this.send(slot.worker, this.#options.welcome(slot.worker, slot.slot));
    this.#listener.welcomed(slot.worker);
  }

  #end(slot: Slot, reason: string): void {
    this.#options.logger.error({ worker: slot.worker, pid: slot.pid, reason }, 'ending worker');
    slot.endReason = reason;
    slot.process?.kill();
  }

  #gone(slot: Slot, how: string): void {
    slot.timer?.cancel();
    slot.timer = null;
    slot.process = null;
    const expected = slot.phase === 'stopping';
    const reason = slot.endReason ?? how;
    const pid = slot.pid ?? 0;
    slot.pid = null;
    this.#listener.exited(slot.worker, pid, reason, expected);
    if (this.#stopping !== null) {
      this.#checkStopped();
      return;
    }
    this.#startAnother(slot);
  }

  #startAnother(slot: Slot): void {
    const { now, random, timers, logger, count } = this.#options;
    const at = now();
    const ending = {
      crashesBefore: slot.crashes,
      livedMs: at - slot.startedAt,
      forwarded: slot.phase === 'ready',
    };
    const others = this.#slots.filter((other) => other !== slot && servesSoon(other, at)).length;
    const plan = planRestart(ending, { total: count, others }, random);
    slot.crashes = plan.crashes;
    slot.restarts += 1;
    slot.phase = 'backing-off';
    slot.dueAt = at + plan.delayMs;
    logger.info({ worker: slot.worker, restartInMs: plan.delayMs }, 'worker ended, starting another');
    slot.timer = timers.after(plan.delayMs, () => this.#spawn(slot));
  }

  /** Asks every worker for a sign of life, and ends those that have owed one for too long. */
  #beat(): void {
    const silences: Silence[] = [];
    for (const slot of this.#slots) {
      if (slot.phase !== 'ready' || slot.endReason !== null) continue;
      slot.owed += 1;
      if (slot.owed === 1) this.#ask(slot);
      else silences.push(this.#silenceOf(slot));
    }
    const hung = hungWorkers(silences, this.#options.count);
    for (const slot of this.#slots) if (hung.includes(slot.worker)) this.#end(slot, 'hung');
    this.#heartbeat = this.#options.timers.after(HEARTBEAT_MS, () => this.#beat());
  }

  #ask(slot: Slot): void {
    slot.askedCpuMs = slot.process?.facts()?.cpuMs ?? 0;
    this.send(slot.worker, { type: 'flush', id: HEARTBEAT_ID });
  }

  #silenceOf({ worker, owed, process, askedCpuMs }: Slot): Silence {
    const facts = process?.facts() ?? null;
    if (facts === null) return { worker, owed, process: null };
    const { isStopped, isRunnable, cpuMs } = facts;
    return { worker, owed, process: { isStopped, isRunnable, cpuMs: cpuMs - askedCpuMs } };
  }
}

function servesSoon({ phase, dueAt }: Slot, at: number): boolean {
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
