/**
 * How the supervisor comes to its workers' processes. `cluster-spawner.ts` forks them; the simulation makes objects of
 * them, so that the supervisor it runs is the real one.
 */
import type { PrimaryMessage } from '#shared/message.js';
import type { ProcessFacts } from './process-facts.js';

/** A worker's process, as the supervisor holds it. */
export interface WorkerHandle {
  /** Number of this process in the life of the primary. */
  readonly worker: number;
  /** `null`: the system had no process for it; its end is told next. */
  readonly pid: number | null;
  /** Tells `failed` when the message cannot be sent. Without a channel, nothing is sent or told. */
  send(message: PrimaryMessage, failed: (error: Error) => void): void;
  /** Ends it at once. */
  kill(): void;
  /** What the system tells of it. */
  facts(): ProcessFacts | null;
}

/** What becomes of a process. Nothing is told before `spawn` has answered. */
export interface WorkerProcessListener {
  /** From outside: not checked yet. */
  message(message: unknown): void;
  /** It is gone, and how it went: `exit code 1`. Told once. */
  exited(how: string): void;
}

export interface WorkerSpawner {
  /** `null`: the system refuses, for want of memory for example. */
  spawn(listener: WorkerProcessListener): WorkerHandle | null;
}
