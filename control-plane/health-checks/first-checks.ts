/**
 * What a start waits for: the first check of every backend of which nothing is known. One that is unknown takes no
 * traffic, so requests that came earlier would find none. Known health, also from the log of an earlier primary, needs
 * no wait: it holds until checks say otherwise.
 */
import type { Logger, Timers } from '#shared/ports.js';
import type { World } from '../domain/decision.js';

/** A start waits no longer than this, whatever timeouts say. */
export const FIRST_CHECKS_LIMIT_MS = 10_000;
/** Past the timeout of a check its result is on its way to us. */
const GRACE_MS = 250;

interface PendingChecks {
  readonly waiting: number;
  /** Backends that are checked and may take traffic. */
  readonly of: number;
  /** How long the checks that are waited for may take. */
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
  /** `null`: nobody waits, not yet or no more. */
  #pending: PendingChecks | null = null;

  constructor(timers: Timers, logger: Logger) {
    this.#timers = timers;
    this.#logger = logger;
  }

  /** In a few words, while they are waited for. */
  get waitingFor(): string | null {
    if (this.#pending === null) return null;
    const { waiting, of } = this.#pending;
    return `waiting for the first health checks: ${waiting} of ${of} backends`;
  }

  /** Resolves when all have been made or the time is over. */
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

  /** The world has changed. */
  update(world: World): void {
    if (this.#pending === null) return;
    this.#pending = pendingChecks(world);
    if (this.#pending.waiting === 0) this.#done.resolve();
  }
}
