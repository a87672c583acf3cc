/**
 * The requests of one pool that wait for room at a backend: first in, first out among those that could use the slot that
 * became free. Whenever a slot is free, nobody waits who could use it. Lives as long as its pool, over all routing
 * tables. How long a request may wait is not decided here: who waits may leave at any time.
 *
 * Those that may go anywhere and those bound to one backend stand in lines of their own, so that a free slot costs a look
 * at two of them. The algorithm is not asked: the slot that became free is the only one there is. Where all places are
 * taken, one for a shorter line is made at the end of the longest one, so that the sessions of one slow backend do not turn
 * away everybody else (longest queue drop: Suter, Lakshman, Stiliadis and Choudhury, INFOCOM 1998).
 */
import type { BackendId } from '#shared/ids.js';
import type { Random } from '#shared/ports.js';
import type { QueueSettings } from '#shared/settings.js';
import { isTried } from './algorithms/picker.js';
import type { BackendEntry } from './backend-entry.js';
import { hasRoom } from './backend-load.js';
import { boundIn, claimBound, claimFreed, claimWanted, isBusy } from './claim.js';
import type { PoolQueue, PoolTable } from './pool-table.js';
import type { Waiter, Want } from './want.js';

/** Until its pool has its first table. */
const NO_QUEUE: QueueSettings = { maxPending: 0, timeoutMs: 0 };

export class PendingQueue implements PoolQueue {
  settings: QueueSettings = NO_QUEUE;
  /** By the backend that they are bound to; `null`: those that may go anywhere. */
  readonly #lines = new Map<BackendId | null, Set<Waiter>>();
  #size = 0;
  #arrivals = 0;

  get size(): number {
    return this.#size;
  }

  makePlace(pool: PoolTable, want: Want): boolean {
    if (this.#size < this.settings.maxPending) return true;
    const own = this.#lines.get(boundIn(pool, want)?.id ?? null)?.size ?? 0;
    const longest = this.#longest();
    // Of two lines that differ by one, that would only make the other one the longer.
    if (longest === null || longest.size < own + 2 || this.#size > this.settings.maxPending) return false;
    const last = [...longest].at(-1);
    if (last === undefined) return false;
    this.leave(last);
    last.end('queue_full');
    return true;
  }

  enter(pool: PoolTable, want: Want, end: Waiter['end']): Waiter {
    this.#arrivals += 1;
    const waiter: Waiter = { want, number: this.#arrivals, end };
    this.#size += 1;
    this.#file(boundIn(pool, want)?.id ?? null, waiter);
    return waiter;
  }

  leave(waiter: Waiter): void {
    const line = this.#lines.get(waiter.want.bound);
    // One whose backend may not serve it any more stands among those that may go anywhere.
    if (line?.delete(waiter) === true || this.#lines.get(null)?.delete(waiter) === true) this.#size -= 1;
    if (line?.size === 0) this.#lines.delete(waiter.want.bound);
  }

  freed(pool: PoolTable, entry: BackendEntry): void {
    let isServed = true;
    while (isServed && this.#size > 0 && hasRoom(entry.load)) {
      isServed = this.#candidates(entry).some((waiter) => this.#serve(pool, entry, waiter));
    }
  }

  tableChanged(pool: PoolTable, random: Random): void {
    if (this.#size === 0) return;
    const waiting = [...this.#lines.values()].flatMap((line) => [...line]);
    waiting.sort((a, b) => a.number - b.number);
    this.#lines.clear();
    for (const waiter of waiting) {
      const chosen = claimWanted(pool, waiter.want, random);
      if (chosen === null && isBusy(pool, waiter.want)) {
        this.#file(boundIn(pool, waiter.want)?.id ?? null, waiter);
        continue;
      }
      this.#size -= 1;
      waiter.end(chosen ?? 'no_backend');
    }
  }

  close(): void {
    const waiting = [...this.#lines.values()].flatMap((line) => [...line]);
    this.#lines.clear();
    this.#size = 0;
    for (const waiter of waiting) waiter.end('no_backend');
  }

  #longest(): Set<Waiter> | null {
    let longest: Set<Waiter> | null = null;
    for (const line of this.#lines.values()) if (line.size > (longest?.size ?? 0)) longest = line;
    return longest;
  }

  #file(bound: BackendId | null, waiter: Waiter): void {
    const line = this.#lines.get(bound);
    if (line === undefined) this.#lines.set(bound, new Set([waiter]));
    else line.add(waiter);
  }

  /** The first of each line that this backend could serve, in the order of their arrival. */
  #candidates(entry: BackendEntry): Waiter[] {
    const [bound] = this.#lines.get(entry.id) ?? [];
    const any = this.#firstAnywhere(entry);
    const candidates = [bound, any].filter((waiter) => waiter !== undefined);
    return candidates.sort((a, b) => a.number - b.number);
  }

  #firstAnywhere(entry: BackendEntry): Waiter | undefined {
    for (const waiter of this.#lines.get(null) ?? []) if (!isTried(waiter.want.tried, entry)) return waiter;
    return undefined;
  }

  #serve(pool: PoolTable, entry: BackendEntry, waiter: Waiter): boolean {
    const isBound = boundIn(pool, waiter.want) === entry;
    const chosen = isBound ? claimBound(pool, entry, waiter.want.tried) : claimFreed(pool, entry);
    if (chosen === null) return false;
    this.leave(waiter);
    waiter.end(chosen);
    return true;
  }
}
