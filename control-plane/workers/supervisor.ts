/**
 * Keeps N workers alive with node:cluster: forks them, speaks with them, starts them again when they end unasked,
 * ends those that no longer answer, and shuts all down by a deadline. What their messages mean is the listener's.
 */
import cluster, { type Worker } from 'node:cluster';
import { decodeWorkerMessage } from '#shared/decode.js';
import {
  PROTOCOL_VERSION,
  type CertificateMaterial,
  type ListenerSettings,
  type PrimaryMessage,
  type SessionSigningKey,
  type Welcome,
  type WorkerMessage,
} from '#shared/message.js';
import type { Logger, Random, TimerHandle, Timers } from '#shared/ports.js';
import type { WorkerPhase } from '../runtime/control-port.js';
import { planRestart } from './restart-policy.js';

/** How often each worker is asked for a sign of life (which also brings its counters). */
export const HEARTBEAT_MS = 1_000;
/**
 * A worker that owes an answer for this many heartbeats is ended and replaced: its event loop is stuck or stopped.
 * Heartbeats are counted rather than time, because a primary that was itself stopped for a while must not take the
 * answers that wait for it to be read for silence.
 */
export const HUNG_AFTER_HEARTBEATS = 5;
/** Number of the flushes that only ask for a sign of life: collections count from 1. */
const HEARTBEAT_ID = 0;
/** A worker gets this long from fork to ready. */
export const START_LIMIT_MS = 30_000;
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
  readonly exec: string;
  /** Arguments of every worker. They change nothing in it: `orphans.ts` tells workers apart by them. */
  readonly args: readonly string[];
  readonly count: number;
  readonly listener: ListenerSettings;
  readonly schedulingPolicy: 'shared' | 'round-robin';
  readonly engine: 'native' | 'compat';
  readonly sessionKeys: readonly SessionSigningKey[];
  readonly log: Welcome['log'];
  readonly certificate: () => CertificateMaterial | null;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly random: Random;
  readonly now: () => number;
}

/** One place among the workers, with the process that fills it. */
export interface Slot {
  readonly slot: number;
  worker: number;
  pid: number | null;
  process: Worker | null;
  phase: WorkerPhase;
  startedAt: number;
  crashes: number;
  restarts: number;
  heardAt: number | null;
  /** Heartbeats since the worker was asked for an answer that it still owes; 0: it owes none. */
  owed: number;
  malformed: number;
  endReason: string | null;
  timer: TimerHandle | null;
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
    cluster.schedulingPolicy =
      this.#options.schedulingPolicy === 'round-robin' ? cluster.SCHED_RR : cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: this.#options.exec,
      args: [...this.#options.args],
      serialization: 'advanced',
    });
    for (let index = 0; index < this.#options.count; index += 1) {
      const slot: Slot = {
        slot: index,
        worker: 0,
        pid: null,
        process: null,
        phase: 'starting',
        startedAt: 0,
        crashes: 0,
        restarts: 0,
        heardAt: null,
        owed: 0,
        malformed: 0,
        endReason: null,
        timer: null,
      };
      this.#slots.push(slot);
      this.#fork(slot);
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
    if (slot?.process?.isConnected() !== true) return;
    slot.process.send(message, (error: Error | null) => {
      if (error !== null) this.#options.logger.debug({ worker, err: error }, 'message to worker not sent');
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
      slot.timer = this.#options.timers.after(deadlineMs + KILL_GRACE_MS, () =>
        slot.process?.process.kill('SIGKILL'),
      );
    }
    this.#checkStopped();
    await promise;
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const slot of this.#slots) slot.process?.process.kill('SIGKILL');
  }

  #checkStopped(): void {
    if (this.#slots.every((slot) => slot.process === null)) this.#stopping?.done();
  }

  #fork(slot: Slot): void {
    const child = this.#tryFork();
    if (child === null) {
      this.#startAnother(slot, 'cannot be started');
      return;
    }
    slot.process = child;
    slot.worker = child.id;
    slot.pid = child.process.pid ?? null;
    slot.phase = 'starting';
    slot.startedAt = this.#options.now();
    slot.heardAt = null;
    slot.owed = 0;
    slot.malformed = 0;
    slot.endReason = null;
    child.on('error', (error: Error) => {
      this.#options.logger.warn({ worker: child.id, err: error }, 'worker channel failed');
      // Without a process there is no exit either: the system was short of descriptors or processes.
      if (child.process.pid === undefined) {
        slot.endReason = `cannot be started: ${error.message}`;
        this.#gone(slot, child, null, null);
      }
    });
    child.on('message', (message: unknown) => this.#hear(slot, child, message));
    child.on('exit', (code: number | null, signal: string | null) => this.#gone(slot, child, code, signal));
    slot.timer = this.#options.timers.after(START_LIMIT_MS, () => this.#end(slot, 'not ready in time'));
    this.#listener.started(slot.worker, slot.pid ?? 0);
  }

  /** `null`: the system refuses, for want of memory for example. */
  #tryFork(): Worker | null {
    try {
      return cluster.fork();
    } catch (error) {
      this.#options.logger.error({ err: error }, 'worker cannot be started');
      return null;
    }
  }

  #hear(slot: Slot, child: Worker, raw: unknown): void {
    if (slot.process !== child) return;
    const decoded = decodeWorkerMessage(raw);
    if (!decoded.ok) {
      slot.malformed += 1;
      this.#options.logger.error(
        { worker: child.id, problem: decoded.problem },
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
    const { engine, listener, sessionKeys, log, certificate, count } = this.#options;
    this.send(slot.worker, {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      worker: slot.worker,
      listener,
      engine,
      certificate: certificate(),
      sessionKeys,
      log,
      workers: count,
      place: slot.slot,
    });
    this.#listener.welcomed(slot.worker);
  }

  #end(slot: Slot, reason: string): void {
    this.#options.logger.error({ worker: slot.worker, pid: slot.pid, reason }, 'ending worker');
    slot.endReason = reason;
    slot.process?.process.kill('SIGKILL');
  }

  #gone(slot: Slot, child: Worker, code: number | null, signal: string | null): void {
    if (slot.process !== child) return;
    slot.timer?.cancel();
    slot.timer = null;
    slot.process = null;
    const expected = slot.phase === 'stopping';
    const reason =
      slot.endReason ?? (signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`);
    const pid = slot.pid ?? 0;
    slot.pid = null;
    this.#listener.exited(child.id, pid, reason, expected);
    if (this.#stopping !== null) {
      this.#checkStopped();
      return;
    }
    this.#startAnother(slot, reason);
  }

  #startAnother(slot: Slot, reason: string): void {
    const { now, random, timers, logger } = this.#options;
    const plan = planRestart(slot.crashes, now() - slot.startedAt, random);
    slot.crashes = plan.crashes;
    slot.restarts += 1;
    slot.phase = 'backing-off';
    logger.warn({ worker: slot.worker, reason, restartInMs: plan.delayMs }, 'worker ended, starting another');
    slot.timer = timers.after(plan.delayMs, () => this.#fork(slot));
  }

  /** Asks every worker for a sign of life, and ends those that have owed one for too long. */
  #beat(): void {
    for (const slot of this.#slots) {
      if (slot.phase !== 'ready') continue;
      slot.owed += 1;
      if (slot.owed > HUNG_AFTER_HEARTBEATS) this.#end(slot, 'hung');
      else if (slot.owed === 1) this.send(slot.worker, { type: 'flush', id: HEARTBEAT_ID });
    }
    this.#heartbeat = this.#options.timers.after(HEARTBEAT_MS, () => this.#beat());
  }
}
