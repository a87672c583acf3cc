/**
 * How the supervisor gets worker processes. `cluster-spawner.ts` forks them. The simulation creates objects instead, so that
 * it runs the real supervisor.
 */
import type { PrimaryMessage } from '#shared/message.js';
import type { ProcessFacts } from './process-facts.js';

/** A worker process, as the supervisor uses it. */
export interface WorkerHandle {
  /** Number of this process, unique during the life of the primary. */
  readonly worker: number;
  /** `null` if the system could not start a process. The listener then hears of its end. */
  readonly pid: number | null;
  /** Calls `failed` if the message cannot be sent. Without a channel, nothing is sent and `failed` is not called. */
  send(message: PrimaryMessage, failed: (error: Error) => void): void;
  /** Kills the process at once. */
  kill(): void;
  /** The facts that the system tells of the process; `null` if there are none. */
  facts(): ProcessFacts | null;
  /** Resident memory in bytes; `null` if the system does not tell. */
  memoryBytes(): number | null;
}

/** Receives the messages and the end of a process. Nothing is called before `spawn` has returned. */
export interface WorkerProcessListener {
  /** The message comes from another process and is not validated yet. */
  message(message: unknown): void;
  /** The process has ended. `how` says in which way, for example `exit code 1`. Called once. */
  exited(how: string): void;
}

export interface WorkerSpawner {
  /** Returns `null` if the system refuses to start a process, for example for lack of memory. */
  spawn(listener: WorkerProcessListener): WorkerHandle | null;
}
