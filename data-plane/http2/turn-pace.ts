/**
 * How much work of clients one turn of the event loop may do. A single read can bring a hundred requests or resets, and a turn
 * a read of each connection: done all at once, they would hold up everybody else. What is too much for a turn waits for the next, and
 * connections take turns, so that one that asks for much waits for itself. Does not bound how much waits: that is the concurrency
 * of each connection.
 */

/** Requests that one turn begins or gives up. Each costs about 0.1 ms: connections to backends are opened and closed for them. */
export const REQUESTS_PER_TURN = 16;

/** In requests. A function is asked when its turn has come: what the client has given up meanwhile costs less. */
export type Cost = number | (() => number);

interface Work {
  readonly cost: Cost;
  run(): void;
}

export class TurnPace {
  /** By connection. Who was served goes to the end. */
  readonly #waiting = new Map<object, Work[]>();
  readonly #nextTurn: (run: () => void) => unknown;
  #planned = false;

  /** @param nextTurn calls back when everything that has happened by now is known (`setImmediate`) */
  constructor(nextTurn: (run: () => void) => unknown) {
    this.#nextTurn = nextTurn;
  }

  /** Calls `run` later, and never from within this call. */
  add(connection: object, run: () => void, cost: Cost = 1): void {
    const lane = this.#waiting.get(connection);
    if (lane === undefined) this.#waiting.set(connection, [{ cost, run }]);
    else lane.push({ cost, run });
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
    try {
      for (const [connection, lane] of this.#waiting) {
        const work = lane.shift();
        this.#waiting.delete(connection);
        // Behind all others, and so met again in this loop while the turn has room.
        if (lane.length > 0) this.#waiting.set(connection, lane);
        if (work === undefined) continue;
        left -= typeof work.cost === 'number' ? work.cost : work.cost();
        work.run();
        if (left <= 0) break;
      }
    } finally {
      // What one of them throws must not hold up the others.
      if (this.#waiting.size > 0) this.#plan();
    }
  }
}
