/**
 * The requests of one pool that wait for a slot at a backend: first in, first out among the waiters that could use the slot
 * that became free. While a slot is free, no waiter is left that could use it. The queue lives as long as its pool, over all
 * routing tables. It does not decide how long a request may wait: a waiter may leave at any time.
 *
 * There is one sub-queue per backend for the requests bound to it, and one for all others, so that a free slot costs a look
 * at two of them. The algorithm is not asked, because the slot that became free is the only one there is. When the queue is
 * full, a newcomer from a shorter sub-queue evicts the newest waiter of the longest one, so that the sessions of one slow
 * backend do not turn away everybody else (longest queue drop: Suter, Lakshman, Stiliadis and Choudhury, INFOCOM 1998).
 */
import type { BackendId } from '#shared/ids.js';
import type { Random } from '#shared/ports.js';
import type { QueueSettings } from '#shared/settings.js';
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';
import { hasSlot } from './backend-load.js';
import { boundIn, takeBoundSlot, takeFreedSlot, takeSlotFor, isBusy } from './take-slot.js';
import type { PoolQueue, PoolTable } from './pool-table.js';
import type { Waiter, PickOptions } from './waiter.js';

/** Until its pool has its first table. */
const NO_QUEUE: QueueSettings = { maxPending: 0, timeoutMs: 0 };

export class SlotQueue implements PoolQueue {
  settings: QueueSettings = NO_QUEUE;
  /** By the backend that the waiters are bound to; `null`: waiters that may go anywhere. */
  readonly #queues = new Map<BackendId | null, Set<Waiter>>();
  #size = 0;
  #arrivals = 0;

  get size(): number {
    return this.#size;
  }

  admit(pool: PoolTable, options: PickOptions): boolean {
    if (this.#size < this.settings.maxPending) return true;
    const own = this.#queues.get(boundIn(pool, options)?.id ?? null)?.size ?? 0;
    const longest = this.#longest();
    // Of two sub-queues that differ by one, an eviction would only make the other one the longer.
    if (longest === null || longest.size < own + 2 || this.#size > this.settings.maxPending) return false;
    const last = [...longest].at(-1);
    if (last === undefined) return false;
    this.leave(last);
    last.end('queue_full');
    return true;
  }

  enter(pool: PoolTable, options: PickOptions, end: Waiter['end']): Waiter {
    this.#arrivals += 1;
    const waiter: Waiter = { options, number: this.#arrivals, end };
    this.#size += 1;
    this.#file(boundIn(pool, options)?.id ?? null, waiter);
    return waiter;
  }

  leave(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.options.bound);
    // A waiter whose backend may not serve it any more is in the sub-queue of those that may go anywhere.
    if (queue?.delete(waiter) === true || this.#queues.get(null)?.delete(waiter) === true) this.#size -= 1;
    if (queue?.size === 0) this.#queues.delete(waiter.options.bound);
  }

  freed(pool: PoolTable, entry: BackendEntry): void {
    let isServed = true;
    while (isServed && this.#size > 0 && hasSlot(entry.load)) {
      isServed = this.#candidates(entry).some((waiter) => this.#serve(pool, entry, waiter));
    }
  }

  tableChanged(pool: PoolTable, random: Random): void {
    if (this.#size === 0) return;
    const waiting = [...this.#queues.values()].flatMap((queue) => [...queue]);
    waiting.sort((a, b) => a.number - b.number);
    this.#queues.clear();
    for (const waiter of waiting) {
      const chosen = takeSlotFor(pool, waiter.options, random);
      if (chosen === null && isBusy(pool, waiter.options)) {
        this.#file(boundIn(pool, waiter.options)?.id ?? null, waiter);
        continue;
      }
      this.#size -= 1;
      waiter.end(chosen ?? 'no_backend');
    }
  }

  close(): void {
    const waiting = [...this.#queues.values()].flatMap((queue) => [...queue]);
    this.#queues.clear();
    this.#size = 0;
    for (const waiter of waiting) waiter.end('no_backend');
  }

  #longest(): Set<Waiter> | null {
    let longest: Set<Waiter> | null = null;
    for (const queue of this.#queues.values()) if (queue.size > (longest?.size ?? 0)) longest = queue;
    return longest;
  }

  #file(bound: BackendId | null, waiter: Waiter): void {
    const queue = this.#queues.get(bound);
    if (queue === undefined) this.#queues.set(bound, new Set([waiter]));
    else queue.add(waiter);
  }

  /** The first waiter of each sub-queue that this backend could serve, in the order of arrival. */
  #candidates(entry: BackendEntry): Waiter[] {
    const [bound] = this.#queues.get(entry.id) ?? [];
    const any = this.#firstAnywhere(entry);
    const candidates = [bound, any].filter((waiter) => waiter !== undefined);
    return candidates.sort((a, b) => a.number - b.number);
  }

  #firstAnywhere(entry: BackendEntry): Waiter | undefined {
    for (const waiter of this.#queues.get(null) ?? []) {
      if (!isTried(waiter.options.tried, entry)) return waiter;
    }
    return undefined;
  }

  #serve(pool: PoolTable, entry: BackendEntry, waiter: Waiter): boolean {
    const isBound = boundIn(pool, waiter.options) === entry;
    const chosen = isBound ? takeBoundSlot(pool, entry, waiter.options.tried) : takeFreedSlot(pool, entry);
    if (chosen === null) return false;
    this.leave(waiter);
    waiter.end(chosen);
    return true;
  }
}
