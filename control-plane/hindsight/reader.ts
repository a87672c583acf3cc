/**
 * The primary's side of the reader's thread: sends questions, takes answers, and starts another thread when one has
 * died. The first question starts the first thread.
 */
import { Worker } from 'node:worker_threads';
import type { Timers, TimerHandle } from '#shared/ports.js';
import { EventLogError } from '../event-log/event-log.js';
import { HistoryBusy, ReaderDied } from './history.js';
import type { HistoryAnswer } from './questions.js';
import type { Answered, Ask, ReaderOptions } from './reader-messages.js';

/** Most questions that may wait, including the one that is being answered. */
export const MAX_QUESTIONS = 32;
/** The thread is terminated when a question waits for so long without any answer, in milliseconds. */
export const ANSWER_LIMIT_MS = 30_000;
/** Limit of the thread's heap, in MiB. */
const HEAP_MB = 512;

/** The program of the thread lies beside this file. */
const THREAD = new URL('./reader-thread.js', import.meta.url);

interface Waiting {
  readonly resolve: (answer: HistoryAnswer) => void;
  readonly reject: (error: Error) => void;
}

interface ReaderDeps {
  readonly dataDir: string;
  readonly timers: Timers;
  readonly thread?: URL;
}

export class HistoryReader {
  readonly #deps: ReaderDeps;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #watch: TimerHandle | null = null;
  #lastId = 0;
  #closed = false;

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  /** Rejects with HistoryBusy, with ReaderDied, or with the EventLogError that the thread met. */
  ask(ask: Omit<Ask, 'id'>): Promise<HistoryAnswer> {
    if (this.#closed) return Promise.reject(new ReaderDied('it was closed'));
    if (this.#waiting.size >= MAX_QUESTIONS) return Promise.reject(new HistoryBusy());
    const { promise, resolve, reject } = Promise.withResolvers<HistoryAnswer>();
    this.#lastId += 1;
    const id = this.#lastId;
    this.#waiting.set(id, { resolve, reject });
    const thread = (this.#thread ??= this.#begin());
    if (this.#waiting.size === 1) this.#watchOver(thread);
    thread.postMessage({ ...ask, id } satisfies Ask);
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const thread = this.#thread;
    if (thread === null) return;
    this.#ended(thread, 'it was closed');
    await thread.terminate();
  }

  #begin(): Worker {
    const { dataDir, thread: program = THREAD } = this.#deps;
    const thread = new Worker(program, {
      workerData: { dataDir } satisfies ReaderOptions,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    // A running thread must not keep the process from ending.
    thread.unref();
    thread.on('message', (answered: Answered) => this.#take(thread, answered));
    thread.on('error', (error: Error) => this.#ended(thread, error.message));
    thread.on('exit', () => this.#ended(thread, 'it ended'));
    return thread;
  }

  #take(thread: Worker, answered: Answered): void {
    const waiting = this.#waiting.get(answered.id);
    this.#waiting.delete(answered.id);
    this.#watchOver(thread);
    if (answered.ok) waiting?.resolve(answered.answer);
    else if (answered.kind === null) waiting?.reject(new Error(answered.message));
    else waiting?.reject(new EventLogError(answered.kind, answered.message));
  }

  /** Starts the time limit anew, which happens with each answer; without waiting questions there is no limit. */
  #watchOver(thread: Worker): void {
    this.#watch?.cancel();
    this.#watch = null;
    if (this.#waiting.size === 0) return;
    this.#watch = this.#deps.timers.after(ANSWER_LIMIT_MS, () => {
      this.#ended(thread, `it did not answer within ${ANSWER_LIMIT_MS / 1_000} s`);
      void thread.terminate();
    });
  }

  /** Rejects all waiting questions, because nobody knows which of them ended the thread. */
  #ended(thread: Worker, why: string): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#watch?.cancel();
    this.#watch = null;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(new ReaderDied(why));
  }
}
