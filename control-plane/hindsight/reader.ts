/**
 * The primary's side of the reader's thread: hands questions over, brings answers back, and begins another thread when
 * one has died. The thread is begun with the first question.
 */
import { Worker } from 'node:worker_threads';
import type { Timers, TimerHandle } from '#shared/ports.js';
import { EventLogError } from '../event-log/event-log.js';
import { HistoryBusy, ReaderDied } from './history.js';
import type { HistoryAnswer } from './questions.js';
import type { Answered, Ask, ReaderOptions } from './reader-messages.js';

/** Questions that may wait, the one that is being answered included. */
export const MAX_QUESTIONS = 32;
/** A thread that has not answered for so long is ended. */
export const ANSWER_LIMIT_MS = 30_000;
/** Memory of the thread. */
const HEAP_MB = 512;

/** Where the thread's program is, beside this one. */
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

  /** Fails with HistoryBusy, with ReaderDied, or with the EventLogError that the thread met. */
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
    // Nobody must wait for it to end the process.
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

  /** Counts anew from each answer on, as long as questions wait. */
  #watchOver(thread: Worker): void {
    this.#watch?.cancel();
    this.#watch = null;
    if (this.#waiting.size === 0) return;
    this.#watch = this.#deps.timers.after(ANSWER_LIMIT_MS, () => {
      this.#ended(thread, `it did not answer within ${ANSWER_LIMIT_MS / 1_000} s`);
      void thread.terminate();
    });
  }

  /** All that waits fails: which question was the thread's end is not known. */
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
