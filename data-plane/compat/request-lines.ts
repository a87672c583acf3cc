/**
 * The requests of each HTTP/1 connection, one after the other. Node hands over at once all that came in one piece; but
 * what stands behind a request counts only once the answer before it is known to leave the connection open, and only safe
 * requests may be served side by side at all (RFC 9112 §9.3.2). Does not know what serving a request means.
 */

/** A request, or what is said instead of one. */
export interface Turn {
  /** Whether all of the request has come. */
  isWhole(): boolean;
  /** Settles when the answer is out, and never fails. Answers whether the connection may go on with the next one. */
  run(): Promise<boolean>;
}

/** Requests of one connection that wait for the one before. The last of more is the last of its connection. */
export const MAX_WAITING_REQUESTS = 64;

/** Where in a connection the bytes stopped to make sense: between requests, or in the body of one that is not whole. */
export type BreakPoint = 'between' | 'in-waiting' | 'in-running' | 'in-answered';

interface Line {
  running: Turn | null;
  readonly waiting: Turn[];
  latest: Turn | null;
  ended: boolean;
}

export class RequestLines {
  readonly #lines = new WeakMap<object, Line>();

  /** `last`: there will be no further one on this connection. `ignored`: the one before was the last; it will not run. */
  take(connection: object, turn: Turn): 'taken' | 'last' | 'ignored' {
    const line = this.#lineOf(connection);
    if (line.ended) return 'ignored';
    line.latest = turn;
    this.#add(line, turn);
    line.ended = line.waiting.length === MAX_WAITING_REQUESTS;
    return line.ended ? 'last' : 'taken';
  }

  /** Nothing that comes from now on counts. `turn` follows what came before, instead of a request that waits for the rest of itself. */
  finish(connection: object, turn: Turn): void {
    const line = this.#lineOf(connection);
    if (line.ended) return;
    line.ended = true;
    if (line.waiting.at(-1)?.isWhole() === false) line.waiting.pop();
    this.#add(line, turn);
  }

  /** Whether no request of this connection is being served. */
  isFree(connection: object): boolean {
    return this.#lineOf(connection).running === null;
  }

  breakPoint(connection: object): BreakPoint {
    const { latest, running, waiting } = this.#lineOf(connection);
    if (latest === null || latest.isWhole()) return 'between';
    if (latest === running) return 'in-running';
    return waiting.includes(latest) ? 'in-waiting' : 'in-answered';
  }

  #add(line: Line, turn: Turn): void {
    if (line.running === null) void this.#run(line, turn);
    else line.waiting.push(turn);
  }

  async #run(line: Line, first: Turn): Promise<void> {
    for (let turn: Turn | null = first; turn !== null; turn = line.waiting.shift() ?? null) {
      line.running = turn;
      const goesOn = await turn.run();
      // Not kept for as long as the connection is idle.
      if (line.latest === turn && turn.isWhole()) line.latest = null;
      if (goesOn) continue;
      line.ended = true;
      line.waiting.length = 0;
    }
    line.running = null;
  }

  #lineOf(connection: object): Line {
    const known = this.#lines.get(connection);
    if (known !== undefined) return known;
    const line: Line = { running: null, waiting: [], latest: null, ended: false };
    this.#lines.set(connection, line);
    return line;
  }
}
