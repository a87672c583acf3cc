/**
 * How late health checks begin. Pure: told when each begins, it says how late the worst of the last seconds was, and
 * whether that is too late. With more checks than one process can make, nothing fails; each is only made more rarely.
 */

/** A check that begins no later than this is in time, however short its interval. */
const TOLERANCE_MS = 1_000;
/** How long a late check is remembered, at least; up to twice as long. */
const PERIOD_MS = 5_000;

export interface CheckLag {
  /** Checks whose time has come and that have not begun. */
  readonly waiting: number;
  /** How late the worst of them is, or of those that began within the last seconds. */
  readonly lateMs: number;
  /** Whether one is so late that its backend is checked far more rarely than its interval says. */
  readonly behind: boolean;
}

export interface Delay {
  readonly lateMs: number;
  readonly intervalMs: number;
}

interface Worst {
  lateMs: number;
  behind: boolean;
}

function tooLate({ lateMs, intervalMs }: Delay): boolean {
  return lateMs > Math.max(TOLERANCE_MS, intervalMs / 2);
}

export class Punctuality {
  #since = 0;
  #present: Worst = { lateMs: 0, behind: false };
  #before: Worst = { lateMs: 0, behind: false };

  /** A check has begun. */
  begun(delay: Delay, at: number): void {
    this.#turn(at);
    const { lateMs } = delay;
    if (lateMs > this.#present.lateMs) this.#present.lateMs = lateMs;
    if (tooLate(delay)) this.#present.behind = true;
  }

  /** `oldest`: the check that has waited longest, if any waits. */
  lag(waiting: number, oldest: Delay | null, at: number): CheckLag {
    this.#turn(at);
    const lateMs = Math.max(this.#present.lateMs, this.#before.lateMs, oldest?.lateMs ?? 0);
    const behind = this.#present.behind || this.#before.behind || (oldest !== null && tooLate(oldest));
    return { waiting, lateMs, behind };
  }

  #turn(at: number): void {
    if (at - this.#since < PERIOD_MS) return;
    this.#before = at - this.#since < 2 * PERIOD_MS ? this.#present : { lateMs: 0, behind: false };
    this.#present = { lateMs: 0, behind: false };
    this.#since = at;
  }
}
