/**
 * The primary's workers without node:cluster: forks them, speaks with them, replaces them when they end, ends those that
 * no longer answer. As `Supervisor` does, on processes that are objects; restarts are planned by the real policy.
 */
import { decodeWorkerMessage } from '../../shared/decode.js';
import { PROTOCOL_VERSION, type PrimaryMessage, type WorkerMessage } from '../../shared/message.js';
import { planRestart } from '../../control-plane/workers/restart-policy.js';
import { START_LIMIT_MS, type SupervisorListener } from '../../control-plane/workers/supervisor.js';
import { HEARTBEAT_MS, type Silence, hungWorkers } from '../../control-plane/workers/watchdog.js';
import type { Backends } from './backends.js';
import { Chance } from './chance.js';
import type { Ledger } from './ledger.js';
import type { ProcessTimers, VirtualTime } from '../support/virtual-time.js';
import { WorkerProcess } from './worker-process.js';

export interface FleetOptions {
  readonly primary: number;
  readonly count: number;
  readonly time: VirtualTime;
  readonly timers: ProcessTimers;
  readonly chance: Chance;
  readonly backends: Backends;
  readonly ledger: Ledger;
}

interface Slot {
  readonly slot: number;
  worker: number;
  process: WorkerProcess | null;
  phase: 'starting' | 'ready' | 'stopping' | 'backing-off';
  startedAt: number;
  /** Heartbeats since it was asked for an answer that it owes. */
  owed: number;
  crashes: number;
}

const SESSION_KEYS = [{ kid: 'k1', secret: new Uint8Array(32).fill(7) }];

export class Fleet {
  readonly #options: FleetOptions;
  readonly #listener: SupervisorListener;
  readonly #slots: Slot[];
  #lastWorker = 0;
  #stopped: (() => void) | null = null;
  dead = false;

  constructor(options: FleetOptions, listener: SupervisorListener) {
    this.#options = options;
    this.#listener = listener;
    this.#slots = Array.from({ length: options.count }, (_, slot) => ({
      slot,
      worker: 0,
      process: null,
      phase: 'starting',
      startedAt: 0,
      owed: 0,
      crashes: 0,
    }));
  }

  start(): void {
    for (const slot of this.#slots) this.#fork(slot);
    this.#beat();
  }

  get processes(): readonly WorkerProcess[] {
    return this.#slots.flatMap(({ process }) => (process === null ? [] : [process]));
  }

  get ready(): readonly number[] {
    return this.#slots.filter(({ phase }) => phase === 'ready').map(({ worker }) => worker);
  }

  processOf(worker: number): WorkerProcess | null {
    return this.#slots.find((slot) => slot.worker === worker)?.process ?? null;
  }

  send(worker: number, message: PrimaryMessage): void {
    const process = this.processOf(worker);
    if (process?.fromPrimary.open !== true) return;
    if (message.type === 'snapshot') this.#options.ledger.count('snapshots sent');
    process.fromPrimary.send(message);
  }

  /** Lets all workers finish. */
  async stop(deadlineMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopped = resolve;
    for (const slot of this.#slots) {
      if (slot.process === null) continue;
      slot.phase = 'stopping';
      this.send(slot.worker, { type: 'shutdown', deadlineMs });
      const { process } = slot;
      this.#options.timers.after(deadlineMs + 1_000, () => process.kill());
    }
    if (this.processes.length === 0) resolve();
    await promise;
  }

  #fork(slot: Slot): void {
    const { time, chance, backends, ledger, primary } = this.#options;
    this.#lastWorker += 1;
    const worker = this.#lastWorker;
    const process: WorkerProcess = new WorkerProcess({
      time,
      chance: new Chance(chance.seed()),
      backends,
      ledger,
      primary,
      name: `${primary}/${worker}`,
      pid: primary * 1_000 + worker,
      hear: (message) => this.#hear(slot, process, message),
      exited: (code) => {
        this.#options.timers.after(chance.between(0, 20), () => this.#gone(slot, process, code));
      },
    });
    slot.worker = worker;
    slot.process = process;
    slot.phase = 'starting';
    slot.startedAt = time.now();
    slot.owed = 0;
    this.#options.timers.after(START_LIMIT_MS, () => {
      if (slot.process === process && slot.phase === 'starting') process.kill();
    });
    this.#listener.started(worker, process.pid);
  }

  #hear(slot: Slot, process: WorkerProcess, raw: WorkerMessage): void {
    if (this.dead || slot.process !== process) return;
    const decoded = decodeWorkerMessage(raw);
    const { ledger, count } = this.#options;
    if (!decoded.ok) {
      ledger.require(false, 'no-bug', `unreadable message: ${decoded.problem}`);
      return;
    }
    const { message } = decoded;
    switch (message.type) {
      case 'hello':
        this.send(slot.worker, {
          type: 'welcome',
          protocol: PROTOCOL_VERSION,
          worker: slot.worker,
          workers: count,
          listener: { host: '127.0.0.1', port: 8080, tls: false, h2: false, reusePort: false },
          engine: 'native',
          certificate: null,
          sessionKeys: SESSION_KEYS,
          log: { level: 'info', format: 'json' },
        });
        this.#listener.welcomed(slot.worker);
        return;
      case 'ready':
        if (slot.phase === 'starting') slot.phase = 'ready';
        this.#listener.ready(slot.worker, message.port);
        return;
      case 'listen-failed':
        ledger.require(false, 'no-bug', `cannot listen: ${message.message}`);
        return;
      case 'ack':
        ledger.inForce(process.name, message);
        break;
      case 'flushed':
        slot.owed = 0;
        break;
      case 'nack':
        ledger.count('snapshots refused');
        break;
      case 'report':
      case 'metrics':
      case 'session':
      case 'metrics-request':
        break;
    }
    this.#listener.message(slot.worker, message);
  }

  #gone(slot: Slot, process: WorkerProcess, code: number | null): void {
    if (this.dead || slot.process !== process) return;
    const { time, timers, chance } = this.#options;
    const expected = slot.phase === 'stopping';
    slot.process = null;
    this.#listener.exited(slot.worker, process.pid, code === null ? 'SIGKILL' : `exit ${code}`, expected);
    if (this.#stopped !== null) {
      if (this.processes.length === 0) this.#stopped();
      return;
    }
    const ending = {
      crashesBefore: slot.crashes,
      livedMs: time.now() - slot.startedAt,
      forwarded: slot.phase === 'ready',
    };
    const others = this.#slots.filter((other) => other !== slot && other.phase !== 'backing-off').length;
    const plan = planRestart(ending, { total: this.#options.count, others }, chance.random);
    slot.crashes = plan.crashes;
    slot.phase = 'backing-off';
    timers.after(plan.delayMs, () => this.#fork(slot));
  }

  #beat(): void {
    const silences: Silence[] = [];
    for (const slot of this.#slots) {
      if (slot.phase !== 'ready') continue;
      slot.owed += 1;
      if (slot.owed === 1) this.send(slot.worker, { type: 'flush', id: 0 });
      else silences.push({ worker: slot.worker, owed: slot.owed, process: null });
    }
    const hung = hungWorkers(silences, this.#options.count);
    for (const slot of this.#slots) if (hung.includes(slot.worker)) slot.process?.kill();
    this.#options.timers.after(HEARTBEAT_MS, () => {
      if (this.#stopped === null) this.#beat();
    });
  }
}
