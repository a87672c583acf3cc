/** Forks workers with node:cluster. */
import cluster, { type Worker } from 'node:cluster';
import type { PrimaryMessage } from '#shared/message.js';
import type { Logger } from '#shared/ports.js';
import { processFacts, type ProcessFacts, residentBytes } from './process-facts.js';
import { workerEnv, workerExecArgv } from './worker-memory.js';
import type { WorkerHandle, WorkerProcessListener, WorkerSpawner } from './worker-spawner.js';

interface ClusterSpawnerOptions {
  readonly exec: string;
  /** Arguments of every worker process. Workers ignore them; `orphans.ts` recognises workers by them. */
  readonly args: readonly string[];
  /** Returns the socket that all workers inherit, or `null` if workers bind by themselves. Called before the first fork. */
  readonly socketFd: () => number | null;
  readonly schedulingPolicy: 'shared' | 'round-robin';
  readonly logger: Logger;
}

export class ClusterSpawner implements WorkerSpawner {
  readonly #options: ClusterSpawnerOptions;
  #isSetUp = false;
  #inheritsSocket = false;

  constructor(options: ClusterSpawnerOptions) {
    this.#options = options;
  }

  /** Whether workers inherit the listening socket. Known once the first worker is forked. */
  get inheritsSocket(): boolean {
    return this.#inheritsSocket;
  }

  spawn(listener: WorkerProcessListener): WorkerHandle | null {
    if (!this.#isSetUp) this.#setUp();
    const { logger } = this.#options;
    const child = this.#tryFork();
    if (child === null) return null;
    child.on('error', (error: Error) => {
      logger.warn({ worker: child.id, err: error }, 'worker channel failed');
      // A child without a pid never exits. The system was short of descriptors or processes.
      if (child.process.pid === undefined) listener.exited(`cannot be started: ${error.message}`);
    });
    child.on('message', (message: unknown) => listener.message(message));
    child.on('exit', (code: number | null, signal: string | null) =>
      listener.exited(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`),
    );
    return new ClusterHandle(child);
  }

  #setUp(): void {
    const { exec, args, socketFd, schedulingPolicy } = this.#options;
    const fd = socketFd();
    this.#isSetUp = true;
    this.#inheritsSocket = fd !== null;
    cluster.schedulingPolicy = schedulingPolicy === 'round-robin' ? cluster.SCHED_RR : cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec,
      args: [...args],
      execArgv: workerExecArgv(process.execArgv, process.env['NODE_OPTIONS']),
      serialization: 'advanced',
      // The order matters: see `LISTENER_FD`.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...(fd === null ? [] : [fd])],
    });
  }

  #tryFork(): Worker | null {
    try {
      return cluster.fork(workerEnv(process.env));
    } catch (error) {
      this.#options.logger.error({ err: error }, 'worker cannot be started');
      return null;
    }
  }
}

class ClusterHandle implements WorkerHandle {
  readonly worker: number;
  readonly pid: number | null;
  readonly #child: Worker;

  constructor(child: Worker) {
    this.#child = child;
    this.worker = child.id;
    this.pid = child.process.pid ?? null;
  }

  send(message: PrimaryMessage, failed: (error: Error) => void): void {
    if (!this.#child.isConnected()) return;
    this.#child.send(message, (error: Error | null) => {
      if (error !== null) failed(error);
    });
  }

  kill(): void {
    this.#child.process.kill('SIGKILL');
  }

  facts(): ProcessFacts | null {
    return this.pid === null ? null : processFacts(this.pid);
  }

  memoryBytes(): number | null {
    return this.pid === null ? null : residentBytes(this.pid);
  }
}
