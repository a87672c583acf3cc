/**
 * The control loop's bounded queue. Commands of operators and of the system itself are few and always find a place;
 * observations, of which there can be any number, are refused when the queue is full, and counted by the caller.
 */

/** Commands that may wait. At some microseconds each this is well below a second of work. */
export const MAILBOX_LIMIT = 10_000;
/** Places kept free for commands that are not observations. */
export const MAILBOX_RESERVE = 100;

export class Mailbox<Item> {
  #items: Item[] = [];

  get depth(): number {
    return this.#items.length;
  }

  /** Queues the item; `false`: no place. */
  offer(item: Item, droppable: boolean): boolean {
    if (this.#items.length >= MAILBOX_LIMIT - (droppable ? MAILBOX_RESERVE : 0)) return false;
    this.#items.push(item);
    return true;
  }

  /** Takes the oldest items, at most `limit`. */
  take(limit: number): Item[] {
    if (this.#items.length > limit) return this.#items.splice(0, limit);
    const all = this.#items;
    this.#items = [];
    return all;
  }
}
