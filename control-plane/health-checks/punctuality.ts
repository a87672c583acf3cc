/**
 * Measures how late health checks start. Pure. It is told when each check starts, and says how late the worst of the
 * last seconds was, and whether that is too late. If there are more checks than one process can make, none fails: each
 * backend is only checked more rarely.
 */

/** A check that starts at most this late is in time, however short its interval is. */
const TOLERANCE_MS = 1_000;
/** A late check is remembered for at least this long, and for at most twice as long. */
const PERIOD_MS = 5_000;

export interface CheckLag {
  /** Checks that are due and have not started. */
  readonly waiting: number;
  /**
   * Milliseconds by which the worst check is late. Counts waiting checks and those that started within the last
   * seconds.
   */
  readonly lateMs: number;
  /** Whether a check is so late that its backend is checked far more rarely than its interval says. */
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

  /** A check has started at `at`, in milliseconds of the caller's clock. */
  begun(delay: Delay, at: number): void {
    this.#turn(at);
    const { lateMs } = delay;
    if (lateMs > this.#present.lateMs) this.#present.lateMs = lateMs;
    if (tooLate(delay)) this.#present.behind = true;
  }

  /** `waiting` is the number of due checks; `oldest` is the one that has waited longest, `null` if none waits. */
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
