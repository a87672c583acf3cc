/**
 * How one request waits for a slot, over all its attempts: when it enters the queue of its pool, when its time there is
 * over, how long it has waited. `routing/slot-queue.ts` decides which waiter is served when. A request that finds a slot at
 * once has no such object.
 */
import type { ForwarderDeps } from './forwarder.js';
import type { PoolSeries } from './reports/request-series.js';
import { takeSlotFor, isBusy, type Refusal, type PickOptions } from './routing/take-slot.js';
import { attemptFinished, type Pick } from './routing/pick.js';
import type { PoolTable } from './routing/routing-table.js';

/** A backend with one slot reserved (release it with `attemptFinished`), or why none could be. */
export type PickResult = Pick | Refusal;

export class SlotWait {
  readonly #deps: ForwarderDeps;
  readonly #series: PoolSeries;
  /** Present while it waits. */
  #leave: ((refusal: Refusal) => void) | null = null;
  /** Set once the request may not wait any more, though a session store may still be asked for it. */
  #refusal: Refusal | null = null;
  /** Milliseconds waited so far. */
  waitedMs = 0;

  constructor(deps: ForwarderDeps, series: PoolSeries) {
    this.#deps = deps;
    this.#series = series;
  }

  /** Takes a slot, or waits for one if nothing but a slot is missing. */
  takeOrWait({ id }: PoolTable, options: PickOptions): PickResult | Promise<PickResult> {
    // The newest table: a session store may have been asked meanwhile.
    const pool = this.#deps.table().pools.get(id);
    if (pool === undefined) return 'no_backend';
    const chosen = takeSlotFor(pool, options, this.#deps.random);
    if (chosen !== null) return chosen;
    if (!isBusy(pool, options)) return 'no_backend';
    if (this.#refusal !== null) return this.#refusal;
    const leftMs = pool.queue.settings.timeoutMs - this.waitedMs;
    if (leftMs <= 0) return 'queue_timeout';
    return pool.queue.admit(pool, options) ? this.#wait(pool, options, leftMs) : 'queue_full';
  }

  /** The request is over: it waits no more, nor ever again. */
  leave(): void {
    this.#stop('no_backend');
  }

  /**
   * The client has ended its side. Most such clients are gone, which shows only when something is written to them. So no
   * slot is kept for the request, and it is answered at once in case the client is still there.
   */
  clientEnded(): void {
    this.#stop('queue_timeout');
  }

  /** Whether the request failed because its client had ended its side. */
  get wasEnded(): boolean {
    return this.#refusal === 'queue_timeout';
  }

  #stop(refusal: Refusal): void {
    this.#refusal = refusal;
    this.#leave?.(refusal);
  }

  #wait(pool: PoolTable, options: PickOptions, leftMs: number): Promise<PickResult> {
    const { timers, series } = this.#deps;
    const began = this.#deps.monotonic();
    return new Promise((resolve) => {
      const end = (result: PickResult): void => {
        timer.cancel();
        this.#leave = null;
        const waitedMs = Math.max(0, this.#deps.monotonic() - began);
        this.waitedMs += waitedMs;
        series.counters.observe(this.#series.queueWait(), waitedMs / 1_000);
        resolve(result);
      };
      const waiter = pool.queue.enter(pool, options, end);
      const leave = (refusal: Refusal): void => {
        pool.queue.leave(waiter);
        end(refusal);
      };
      const timer = timers.after(leftMs, () => leave('queue_timeout'));
      this.#leave = leave;
    });
  }
}

/** Gives slot and permit back where no attempt is made with them. */
export function giveBack({ outcomes }: ForwarderDeps, { backend, permit }: Pick): void {
  if (permit !== null) outcomes.permitReturned(backend, permit);
  attemptFinished(backend);
}
