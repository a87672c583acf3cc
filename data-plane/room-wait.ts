/**
 * One request's waiting for room at a backend, over all its attempts: when it enters the queue of its pool, when its time
 * there is over, how long it was. Who is served when is `routing/pending-queue`'s. Nothing of it exists for a request
 * that finds room at once.
 */
import type { ForwarderContext } from './forwarder.js';
import type { PoolSeries } from './reports/request-series.js';
import { claimWanted, isBusy, type Refusal, type Want } from './routing/claim.js';
import { attemptFinished, type Pick } from './routing/pick.js';
import type { PoolTable } from './routing/routing-table.js';

/** A backend with a slot on it, which whoever has it owes an end; or why there is none. */
export type Placed = Pick | Refusal;

/** Where a request gets what it could not claim at once. */
export type Place = (pool: PoolTable, want: Want) => Placed | Promise<Placed>;

export class RoomWait {
  readonly #context: ForwarderContext;
  readonly #series: PoolSeries;
  /** Present while it waits. */
  #leave: ((placed: Refusal) => void) | null = null;
  /** Set once its client is not worth a place any more, though a session store may still be asked for it. */
  #refusal: Refusal | null = null;
  /** Milliseconds waited so far. */
  waitedMs = 0;

  constructor(context: ForwarderContext, series: PoolSeries) {
    this.#context = context;
    this.#series = series;
  }

  /** Claims what is wanted, or waits for it if nothing but room is missing. */
  place({ id }: PoolTable, want: Want): Placed | Promise<Placed> {
    // The newest table: a session store may have been asked meanwhile.
    const pool = this.#context.table().pools.get(id);
    if (pool === undefined) return 'no_backend';
    const chosen = claimWanted(pool, want, this.#context.random);
    if (chosen !== null) return chosen;
    if (!isBusy(pool, want)) return 'no_backend';
    if (this.#refusal !== null) return this.#refusal;
    const leftMs = pool.queue.settings.timeoutMs - this.waitedMs;
    if (leftMs <= 0) return 'queue_timeout';
    return pool.queue.makePlace(pool, want) ? this.#wait(pool, want, leftMs) : 'queue_full';
  }

  /** The request is over: it waits no more, nor ever again. */
  leave(): void {
    this.#stop('no_backend');
  }

  /**
   * The client has ended its side. Most of those who do are gone, which is seen only when something is written to them: no
   * slot is kept for them, and who is there after all is told.
   */
  clientEnded(): void {
    this.#stop('queue_timeout');
  }

  /** Whether that is why it did not get any further. */
  get wasEnded(): boolean {
    return this.#refusal === 'queue_timeout';
  }

  #stop(refusal: Refusal): void {
    this.#refusal = refusal;
    this.#leave?.(refusal);
  }

  #wait(pool: PoolTable, want: Want, leftMs: number): Promise<Placed> {
    const { timers, series } = this.#context;
    const began = this.#context.monotonic();
    return new Promise((resolve) => {
      const end = (placed: Placed): void => {
        timer.cancel();
        this.#leave = null;
        const waitedMs = Math.max(0, this.#context.monotonic() - began);
        this.waitedMs += waitedMs;
        series.counters.observe(this.#series.queueWait(), waitedMs / 1_000);
        resolve(placed);
      };
      const waiter = pool.queue.enter(pool, want, end);
      const leave = (placed: Refusal): void => {
        pool.queue.leave(waiter);
        end(placed);
      };
      const timer = timers.after(leftMs, () => leave('queue_timeout'));
      this.#leave = leave;
    });
  }
}

/** A claim that no attempt is made with: slot and permit go back. */
export function giveBack({ outcomes }: ForwarderContext, { backend, permit }: Pick): void {
  if (permit !== null) outcomes.permitReturned(backend, permit);
  attemptFinished(backend);
}
