/**
 * How much work of clients one turn of the event loop may begin. A single read can bring a hundred requests, and a turn a
 * read of each connection: begun all at once, they would hold up everybody else. What is too much for a turn waits for the next, and
 * connections take turns, so that one that asks for much waits for itself. Does not bound how much waits: that is the concurrency
 * of each connection.
 */

/** Requests that one turn begins. Each costs about 0.1 ms: to choose a backend, to connect, to write the request. */
export const REQUESTS_PER_TURN = 16;

export class TurnPace {
  /** By connection. Who was served goes to the end. */
  readonly #waiting = new Map<object, (() => void)[]>();
  readonly #nextTurn: (work: () => void) => unknown;
  #planned = false;

  /** @param nextTurn calls back when everything that has happened by now is known (`setImmediate`) */
  constructor(nextTurn: (work: () => void) => unknown) {
    this.#nextTurn = nextTurn;
  }

  /** Calls `begin` later, and never from within this call. */
  add(connection: object, begin: () => void): void {
    const lane = this.#waiting.get(connection);
    if (lane === undefined) this.#waiting.set(connection, [begin]);
    else lane.push(begin);
    this.#plan();
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#planned = false;
    let left = REQUESTS_PER_TURN;
    for (const [connection, lane] of this.#waiting) {
      const begin = lane.shift();
      this.#waiting.delete(connection);
      // Behind all others, and so met again in this loop while the turn has room.
      if (lane.length > 0) this.#waiting.set(connection, lane);
      begin?.();
      left -= 1;
      if (left === 0) break;
    }
    if (this.#waiting.size > 0) this.#plan();
  }
}
