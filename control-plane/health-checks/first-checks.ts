/**
 * Makes a start wait for the first check of every backend of unknown health. Such a backend takes no traffic, so an
 * earlier request would find no backend. A known health needs no wait, even if it comes from the log of an earlier
 * primary: it holds until checks contradict it.
 */
import type { Logger, Timers } from '#shared/ports.js';
import type { World } from '../domain/decision.js';

/** Longest wait of a start, in milliseconds, whatever the timeouts of checks are. */
export const FIRST_CHECKS_LIMIT_MS = 10_000;
/** Milliseconds after the timeout of a check, in which its result reaches us. */
const GRACE_MS = 250;

interface PendingChecks {
  readonly waiting: number;
  /** Number of backends that are checked and may take traffic. */
  readonly of: number;
  /** Longest time that the missing checks may take, in milliseconds. */
  readonly limitMs: number;
}

export function pendingChecks({ state, observations }: World): PendingChecks {
  let [waiting, of, timeoutMs] = [0, 0, 0];
  for (const { id, settings, backends } of state.pools.values()) {
    const { healthCheck } = settings;
    if (healthCheck === null) continue;
    const observed = observations.pools.get(id);
    for (const backend of backends.values()) {
      if (backend.admin !== 'ready') continue;
      of += 1;
      const seen = observed?.get(backend.id);
      const isSeen = seen?.generation === backend.generation && seen.checks.length > 0;
      if (backend.health !== 'unknown' || isSeen) continue;
      waiting += 1;
      timeoutMs = Math.max(timeoutMs, healthCheck.timeoutMs);
    }
  }
  return { waiting, of, limitMs: Math.min(timeoutMs + GRACE_MS, FIRST_CHECKS_LIMIT_MS) };
}

export class FirstChecks {
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #done = Promise.withResolvers<void>();
  /** `null`: no start waits, either not yet or not any more. */
  #pending: PendingChecks | null = null;

  constructor(timers: Timers, logger: Logger) {
    this.#timers = timers;
    this.#logger = logger;
  }

  /** For people: how many first checks are missing; `null` if no start waits. */
  get waitingFor(): string | null {
    if (this.#pending === null) return null;
    const { waiting, of } = this.#pending;
    return `waiting for the first health checks: ${waiting} of ${of} backends`;
  }

  /** Resolves when every missing check has been made, or when the time limit is over. */
  async wait(world: World): Promise<void> {
    const pending = pendingChecks(world);
    const { waiting, of, limitMs } = pending;
    if (waiting === 0) return;
    this.#pending = pending;
    this.#logger.info({ waiting, of, limitMs }, 'waiting for the first health checks');
    const limit = this.#timers.after(limitMs, () => {
      this.#logger.warn(
        { waiting: this.#pending?.waiting, of },
        'starting before all backends have been checked: those take no traffic yet',
      );
      this.#done.resolve();
    });
    await this.#done.promise;
    limit.cancel();
    this.#pending = null;
  }

  /** Call with each new world. */
  update(world: World): void {
    if (this.#pending === null) return;
    this.#pending = pendingChecks(world);
    if (this.#pending.waiting === 0) this.#done.resolve();
  }
}
