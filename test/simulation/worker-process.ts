/**
 * A worker process: the worker's real shell, link, reports and routing, on channels that can be slowed, cut and made to
 * spoil a snapshot. Can be killed at any time; then nothing of it happens any more, as after `kill -9`.
 */
import { IpcLink, type IpcEndpoint } from '../../data-plane/control/ipc-link.js';
import { Worker } from '../../data-plane/worker.js';
import type { PrimaryMessage, WorkerMessage } from '../../shared/message.js';
import type { Backends } from './backends.js';
import { Channel } from './channel.js';
import { Chance } from './chance.js';
import { SimulatedForwarder } from './forwarder.js';
import type { Ledger } from './ledger.js';
import { silence } from '../support/silence.js';
import { ProcessTimers, type VirtualTime } from '../support/virtual-time.js';

export interface WorkerSurroundings {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly backends: Backends;
  readonly ledger: Ledger;
  readonly primary: number;
  /** Name for the ledger, unique in the run. */
  readonly name: string;
  readonly pid: number;
  /** What the worker says, as it arrives at the primary. */
  hear(message: WorkerMessage): void;
  exited(code: number | null): void;
}

type Listener = (message: unknown) => void;

/** The worker's end of the channel, as node gives it to a forked process. */
class Endpoint implements IpcEndpoint {
  connected = true;
  readonly #channel: Channel<WorkerMessage>;
  readonly #listeners = { message: new Set<Listener>(), disconnect: new Set<Listener>() };

  constructor(channel: Channel<WorkerMessage>) {
    this.#channel = channel;
  }

  send(
    message: WorkerMessage,
    _handle: undefined,
    _options: undefined,
    callback: (error: Error | null) => void,
  ): boolean {
    this.#channel.send(message, callback);
    return true;
  }

  on(event: 'message' | 'disconnect', listener: Listener): this {
    this.#listeners[event].add(listener);
    return this;
  }

  off(event: 'message' | 'disconnect', listener: Listener): this {
    this.#listeners[event].delete(listener);
    return this;
  }

  emit(event: 'message' | 'disconnect', message?: unknown): void {
    for (const listener of this.#listeners[event]) listener(message);
  }
}

export class WorkerProcess {
  readonly name: string;
  readonly primary: number;
  readonly pid: number;
  readonly toPrimary: Channel<WorkerMessage>;
  readonly fromPrimary: Channel<PrimaryMessage>;
  alive = true;
  /** The next snapshot arrives damaged. */
  spoilNext = false;
  memoryBytes = 1;
  readonly #surroundings: WorkerSurroundings;
  readonly #timers: ProcessTimers;
  readonly #endpoint: Endpoint;
  readonly #worker: Worker;
  #forwarder: SimulatedForwarder | null = null;

  constructor(surroundings: WorkerSurroundings) {
    const { time, chance, ledger, name, pid, primary } = surroundings;
    this.#surroundings = surroundings;
    this.name = name;
    this.primary = primary;
    this.pid = pid;
    this.#timers = new ProcessTimers(time);
    const own = new Chance(chance.seed());
    const system = { timers: time, random: own.random, now: () => time.now() };
    this.toPrimary = new Channel(system, (message) => surroundings.hear(message));
    this.fromPrimary = new Channel(system, (message) => {
      if (this.alive) this.#endpoint.emit('message', this.#maybeSpoiled(message));
    });
    this.#endpoint = new Endpoint(this.toPrimary);
    this.#worker = new Worker({
      link: new IpcLink(this.#endpoint, this.#timers, silence),
      clock: time,
      timers: this.#timers,
      monotonic: () => time.now(),
      random: own.random,
      pid,
      lookup: () => ledger.require(false, 'no-bug', 'a name was looked up'),
      createLogger: () => silence,
      createAccessLog: () => ({
        samples: () => false,
        write: () => undefined,
        close: () => Promise.resolve(),
      }),
      connectRedis: () => {
        throw new Error('there is no Redis here');
      },
      createForwarder: (_engine, context) => {
        const { backends } = surroundings;
        const startMs = own.between(0, 30);
        const timers = this.#timers;
        this.#forwarder = new SimulatedForwarder({ context, timers, backends, ledger, primary, startMs });
        return this.#forwarder;
      },
      fatal: () => undefined,
      offerListener: () => () => undefined,
      exit: (code) => this.#exit(code),
    });
    this.#timers.after(own.between(5, 60), () => this.#worker.start());
  }

  /** The engine, once it accepts. */
  get forwarder(): SimulatedForwarder | null {
    return this.alive && this.#forwarder?.accepting === true ? this.#forwarder : null;
  }

  /** Requests in flight. */
  get running(): number {
    return this.alive ? (this.#forwarder?.connections() ?? 0) : 0;
  }

  kill(): void {
    this.#exit(null);
  }

  /** SIGTERM. */
  terminate(): void {
    if (this.alive) void this.#worker.shutdown();
  }

  /** The channel is gone while both ends live on. */
  cut(): void {
    if (!this.alive || !this.#endpoint.connected) return;
    this.toPrimary.cut();
    this.fromPrimary.cut();
    this.#endpoint.connected = false;
    this.#endpoint.emit('disconnect');
  }

  #exit(code: number | null): void {
    if (!this.alive) return;
    this.alive = false;
    this.#timers.die();
    this.#forwarder?.die();
    this.fromPrimary.cut();
    // What an orderly worker said last still arrives; of a killed one it is cut off at any point.
    if (code === null) this.toPrimary.cut();
    this.#surroundings.exited(code);
  }

  #maybeSpoiled(message: PrimaryMessage): PrimaryMessage {
    if (message.type !== 'snapshot' || !this.spoilNext) return message;
    this.spoilNext = false;
    this.#surroundings.ledger.count('snapshots spoilt');
    return { ...message, payload: message.payload.slice(0, message.payload.length >> 1) };
  }
}
