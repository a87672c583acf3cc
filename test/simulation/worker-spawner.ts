/** Workers' processes as objects, for the real supervisor; what they say is counted and checked on its way to it. */
import { decodeWorkerMessage } from '../../shared/decode.js';
import {
  PROTOCOL_VERSION,
  type SnapshotMessage,
  type Welcome,
  type WorkerMessage,
} from '../../shared/message.js';
import type {
  WorkerHandle,
  WorkerProcessListener,
  WorkerSpawner,
} from '../../control-plane/workers/worker-spawner.js';
import type { Backends } from './backends.js';
import { Chance } from './chance.js';
import type { Ledger } from './ledger.js';
import type { ProcessTimers, VirtualTime } from '../support/virtual-time.js';
import { WorkerProcess } from './worker-process.js';

export interface SimulatedSpawnerOptions {
  readonly primary: number;
  readonly count: number;
  readonly time: VirtualTime;
  /** Of the primary: what its workers do reaches it no more when it is dead. */
  readonly timers: ProcessTimers;
  readonly chance: Chance;
  readonly backends: Backends;
  readonly ledger: Ledger;
}

export class SimulatedSpawner implements WorkerSpawner {
  readonly #options: SimulatedSpawnerOptions;
  readonly #processes = new Set<WorkerProcess>();
  /** Version of the snapshot that each worker has yet to answer. */
  readonly #underWay = new Map<number, number>();
  #lastWorker = 0;
  /** The primary is dead: it hears nothing. */
  dead = false;

  constructor(options: SimulatedSpawnerOptions) {
    this.#options = options;
  }

  /** Those whose end the primary has not heard of. */
  get processes(): readonly WorkerProcess[] {
    return [...this.#processes];
  }

  spawn(listener: WorkerProcessListener): WorkerHandle {
    const { time, timers, chance, backends, ledger, primary } = this.#options;
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
      hear: (message) => {
        if (this.dead) return;
        this.#check(process, worker, message);
        listener.message(message);
      },
      exited: (code) => {
        timers.after(chance.between(0, 20), () => {
          if (this.dead) return;
          this.#processes.delete(process);
          listener.exited(code === null ? 'SIGKILL' : `exit ${code}`);
        });
      },
    });
    this.#processes.add(process);
    return {
      worker,
      pid: process.pid,
      send: (message) => {
        if (message.type === 'snapshot') this.#checkUnderWay(worker, message);
        if (!process.fromPrimary.open) return;
        if (message.type === 'snapshot') ledger.count('snapshots sent');
        process.fromPrimary.send(message);
      },
      kill: () => process.kill(),
      facts: () => null,
      memoryBytes: () => process.memoryBytes,
    };
  }

  welcome(worker: number, index: number): Welcome {
    return {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      worker,
      workers: this.#options.count,
      index,
      listener: { host: '127.0.0.1', port: 8080, tls: false, h2: false, reusePort: false },
      engine: 'native',
      certificate: null,
      sessionKeys: [{ kid: 'k1', secret: new Uint8Array(32).fill(7) }],
      sessions: { kind: 'primary' },
      log: { level: 'info', format: 'json' },
    };
  }

  #check(process: WorkerProcess, worker: number, message: WorkerMessage): void {
    const { ledger } = this.#options;
    ledger.require(decodeWorkerMessage(message).ok, 'no-bug', `unreadable message: ${message.type}`);
    if (message.type === 'ack' || message.type === 'nack') this.#underWay.delete(worker);
    if (message.type === 'ack') ledger.inForce(process.name, message);
    if (message.type === 'nack') ledger.count('snapshots refused');
    if (message.type === 'listen-failed') {
      ledger.require(false, 'no-bug', `cannot listen: ${message.message}`);
    }
  }

  #checkUnderWay(worker: number, { version }: SnapshotMessage): void {
    const before = this.#underWay.get(worker);
    this.#underWay.set(worker, version);
    const text = `${worker}: ${version} after ${before}`;
    this.#options.ledger.require(before === undefined, 'one-snapshot-under-way', text);
  }
}
