/**
 * Requests in flight per backend and requests waiting per pool, as the workers last reported them. Tells each worker
 * what all others have in flight, so that least-connections compares the load of the backends and not the worker's own
 * share of it.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { LoadMessage, Report } from '#shared/message.js';

/**
 * How often workers are told, in milliseconds, if anything changed. Workers report every 50 ms while a pool balances by
 * load. A pick therefore knows the load of the others as it was at most 75 ms ago, plus the time of transport.
 */
export const LOAD_INTERVAL_MS = 25;

type Active = NonNullable<Report['active']>;
type Waiting = NonNullable<Report['waiting']>;

interface Total {
  readonly pool: PoolId;
  readonly backend: BackendId;
  active: number;
}

function key(pool: string, backend: string): string {
  return `${pool}/${backend}`;
}

export class WorkerLoads {
  readonly #byWorker = new Map<number, Active>();
  readonly #waiting = new Map<number, Waiting>();
  #totals = new Map<string, Total>();
  #changed = false;

  /** Replaces what the worker reported before. `active` lists all backends to which it has requests in flight. */
  report(worker: number, active: Active): void {
    this.#byWorker.set(worker, active);
    this.#sum();
  }

  /** Replaces what the worker reported before. `waiting` lists all pools in which its requests wait for a slot. */
  reportWaiting(worker: number, waiting: Waiting): void {
    if (waiting.length === 0) this.#waiting.delete(worker);
    else this.#waiting.set(worker, waiting);
  }

  forget(worker: number): void {
    this.#waiting.delete(worker);
    if (this.#byWorker.delete(worker)) this.#sum();
  }

  active(pool: string, backend: string): number {
    return this.#totals.get(key(pool, backend))?.active ?? 0;
  }

  /** Requests of the pool that wait for a slot, summed over all workers. */
  waiting(pool: string): number {
    let sum = 0;
    for (const pools of this.#waiting.values()) {
      for (const one of pools) if (one.pool === pool) sum += one.waiting;
    }
    return sum;
  }

  /** One message for each of `workers`; none at all if nothing has changed since the last call. */
  messages(
    workers: readonly number[],
  ): readonly { readonly worker: number; readonly message: LoadMessage }[] {
    if (!this.#changed) return [];
    this.#changed = false;
    return workers.map((worker) => ({ worker, message: this.#others(worker) }));
  }

  #others(worker: number): LoadMessage {
    const own = new Map<string, number>();
    for (const entry of this.#byWorker.get(worker) ?? []) {
      own.set(key(entry.pool, entry.backend), entry.active);
    }
    const backends: LoadMessage['backends'][number][] = [];
    for (const [name, { pool, backend, active }] of this.#totals) {
      const others = active - (own.get(name) ?? 0);
      if (others > 0) backends.push({ pool, backend, active: others });
    }
    return { type: 'load', backends };
  }

  #sum(): void {
    const totals = new Map<string, Total>();
    for (const entries of this.#byWorker.values()) {
      for (const { pool, backend, active } of entries) {
        const total = totals.get(key(pool, backend));
        if (total === undefined) totals.set(key(pool, backend), { pool, backend, active });
        else total.active += active;
      }
    }
    this.#totals = totals;
    this.#changed = true;
  }
}
