/**
 * Time that passes only when it is told to: one queue of timers for the whole world. After each timer all promises that
 * it settled run to their end, so a run is a function of its seed. Times on the same millisecond fire in the order in
 * which they were set.
 */
import type { Clock, TimerHandle, Timers } from '../../shared/ports.js';

interface Entry {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | null;
}

export class VirtualTime implements Clock, Timers {
  #now: number;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: (this.#order += 1), callback };
    this.#push(entry);
    return { cancel: () => (entry.callback = null) };
  }

  /** Lets this much time pass, with all that happens in it; `each` is called after every timer. */
  async pass(ms: number, each: () => void): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      if (next.callback === null) continue;
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settled();
      each();
    }
    this.#now = until;
  }

  /** As `pass`, in a world without promises: many times as fast. */
  passAtOnce(ms: number, each: () => void): void {
    const until = this.#now + ms;
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      if (next.callback === null) continue;
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      each();
    }
    this.#now = until;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || earlier(parent, entry)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      if (left === undefined) break;
      const useRight = right !== undefined && earlier(right, left);
      const child = useRight ? right : left;
      if (earlier(last, child)) break;
      heap[place] = child;
      place = 2 * place + (useRight ? 2 : 1);
    }
    heap[place] = last;
  }
}

function earlier(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** All promises that can go on have gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The time of one process: nothing happens in it after its death, nor while it is stopped. */
export class ProcessTimers implements Timers {
  readonly #time: VirtualTime;
  #dead = false;
  /** What has come while it was stopped. */
  #held: (() => void)[] | null = null;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    let isCancelled = false;
    const timer = this.#time.after(delayMs, () =>
      this.deliver(() => {
        if (!isCancelled) callback();
      }),
    );
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** Never resolves for a process that dies meanwhile. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Something that the process hears of comes from outside. */
  deliver(arrived: () => void): void {
    if (this.#dead) return;
    if (this.#held === null) arrived();
    else this.#held.push(arrived);
  }

  /** SIGKILL. */
  die(): void {
    this.#dead = true;
  }

  /** SIGSTOP. */
  stop(): void {
    this.#held ??= [];
  }

  /** SIGCONT: what has come meanwhile is heard now, one thing after the other. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const arrived of held) this.#time.after(0, () => this.deliver(arrived));
  }
}
