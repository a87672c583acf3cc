/**
 * The bounded queue of the control loop. Commands of operators and of Tidegate itself are few and always get a place.
 * Observations are unlimited in number, so a full queue refuses them; the caller counts the refused ones.
 */

/** How many commands may wait. A command takes a few microseconds, so a full queue is well below one second of work. */
export const MAILBOX_LIMIT = 10_000;
/** Places that only commands other than observations may take. */
export const MAILBOX_RESERVE = 100;

export class Mailbox<Item> {
  #items: Item[] = [];

  get depth(): number {
    return this.#items.length;
  }

  /** Queues the item. Returns `false` if the queue is full. */
  offer(item: Item, droppable: boolean): boolean {
    if (this.#items.length >= MAILBOX_LIMIT - (droppable ? MAILBOX_RESERVE : 0)) return false;
    this.#items.push(item);
    return true;
  }

  /** Removes and returns the oldest items, at most `limit`. */
  take(limit: number): Item[] {
    if (this.#items.length > limit) return this.#items.splice(0, limit);
    const all = this.#items;
    this.#items = [];
    return all;
  }
}
