/**
 * All deadlines of a worker on one timer. A deadline that is moved later, as nearly all are, costs two assignments; a timer
 * per request would cost a list operation each time, and memory per connection.
 * Coarse: a deadline is met up to `2 * TICK_MS` late, never early.
 */
export const TICK_MS = 50;
/** Each deadline is looked at once per turn at least, so that those of connections long gone do not pile up. */
const SLOTS = 64;
/** A process that was stopped for longer has heard nobody in that time, so nobody is to blame for it. */
const LONGEST_STEP_MS = 1_000;

const NOT_FILED = -1;
const NEVER = Infinity;

export interface Expiring {
  /** The time is over. The deadline is unset and may be set again. */
  expired(): void;
  /** Ends it at once: its `expired` has thrown. */
  destroy(): void;
}

export class Deadline {
  /** `null` once it is given up: a connection that is gone must not be held until its deadline is looked at. */
  owner: Expiring | null;
  /** On the clock of the wheel. */
  at = NEVER;
  /** The tick at which it is looked at next. */
  filed = NOT_FILED;

  constructor(owner: Expiring) {
    this.owner = owner;
  }
}

export class TimerWheel {
  readonly #monotonic: () => number;
  readonly #bug: (error: unknown) => void;
  readonly #slots: Deadline[][] = Array.from({ length: SLOTS }, () => []);
  #timer: NodeJS.Timeout | null = null;
  #tick = 0;
  #lastMs: number;
  /** Milliseconds since the start, as of the last tick, without the time in which the process was stopped. */
  now = 0;

  constructor(monotonic: () => number, bug: (error: unknown) => void) {
    this.#monotonic = monotonic;
    this.#bug = bug;
    this.#lastMs = monotonic();
  }

  /** Begins to advance by itself. Does not keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.advance(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Sets the deadline, earlier or later than before. */
  set(deadline: Deadline, delayMs: number): void {
    deadline.at = this.now + delayMs + TICK_MS;
    this.#file(deadline);
  }

  /** Unsets the deadline. It may be set again. */
  clear(deadline: Deadline): void {
    deadline.at = NEVER;
  }

  /** Unsets the deadline for good. */
  giveUp(deadline: Deadline): void {
    deadline.at = NEVER;
    deadline.owner = null;
  }

  #file(deadline: Deadline): void {
    const turn = this.#tick + SLOTS - 1;
    const due = Math.min(turn, Math.max(this.#tick + 1, Math.ceil(deadline.at / TICK_MS)));
    // It will be looked at before that anyway, and filed again then.
    if (deadline.filed !== NOT_FILED && deadline.filed <= due) return;
    deadline.filed = due;
    this.#slots[due % SLOTS]?.push(deadline);
  }

  /** Tells the owners of all deadlines that have passed. */
  advance(): void {
    const present = this.#monotonic();
    this.now += Math.min(LONGEST_STEP_MS, Math.max(0, present - this.#lastMs));
    this.#lastMs = present;
    while (this.#tick < Math.floor(this.now / TICK_MS)) {
      this.#tick++;
      const slot = this.#slots[this.#tick % SLOTS];
      if (slot === undefined || slot.length === 0) continue;
      for (const deadline of slot.splice(0)) this.#look(deadline);
    }
  }

  #look(deadline: Deadline): void {
    // Filed elsewhere meanwhile, for an earlier tick.
    if (deadline.filed !== this.#tick) return;
    deadline.filed = NOT_FILED;
    if (deadline.at === NEVER) return;
    if (deadline.at > this.now) {
      this.#file(deadline);
      return;
    }
    deadline.at = NEVER;
    const { owner } = deadline;
    try {
      owner?.expired();
    } catch (error) {
      // The others have their deadlines, too.
      this.#bug(error);
      owner?.destroy();
    }
  }
}
