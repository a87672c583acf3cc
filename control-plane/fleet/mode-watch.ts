/** Tells operators when a host ceases to follow its fleet and when it follows again, and remembers for how long it did not. */
import type { Logger, Timers } from '#shared/ports.js';
import type { FleetMode } from './fleet-mode.js';
import { WHY_ALONE } from './fleet-submit.js';
import type { HostReport } from './host-report.js';

/** So long it is told, because other events of the fleet may come before the leader reads it. The leader records it once. */
const TOLD_FOR_MS = 10_000;

interface ModeWatchDeps {
  readonly timers: Timers;
  readonly logger: Logger;
}

export class ModeWatch {
  readonly #deps: ModeWatchDeps;
  #mode: FleetMode['kind'] = 'autonomous';
  /** Since when it goes on by itself, by the fleet's clock. Before it followed once, that is no news. */
  #aloneSince: number | null = null;
  #wasAutonomous: HostReport['wasAutonomous'] = null;
  readonly #waiting = new Set<(isFollowing: boolean) => void>();

  constructor(deps: ModeWatchDeps) {
    this.#deps = deps;
  }

  /** When the host went on by itself last, until the fleet's log tells of it. */
  get wasAutonomous(): HostReport['wasAutonomous'] {
    return this.#wasAutonomous;
  }

  /** @param fleetAt time of the last event that the host has of the fleet's log */
  settle(
    mode: FleetMode,
    {
      at,
      fleetAt,
      problem,
    }: { readonly at: number; readonly fleetAt: number | null; readonly problem: string | null },
  ): void {
    const { logger } = this.#deps;
    if (
      this.#wasAutonomous !== null &&
      fleetAt !== null &&
      fleetAt > this.#wasAutonomous.to &&
      at - this.#wasAutonomous.to > TOLD_FOR_MS
    ) {
      this.#wasAutonomous = null;
    }
    if (mode.kind === this.#mode) return;
    this.#mode = mode.kind;
    if (mode.kind === 'autonomous') {
      this.#aloneSince = at;
      const reason = WHY_ALONE[mode.why];
      logger.warn({ reason, problem }, 'this host goes on by itself: the fleet cannot be changed from here');
      return;
    }
    if (this.#aloneSince !== null) this.#wasAutonomous = { from: this.#aloneSince, to: at };
    this.#aloneSince = null;
    logger.info({}, 'this host follows its fleet');
    for (const resolve of this.#waiting) resolve(true);
  }

  /** Waits until the host follows, at most this long. */
  untilFollowing(limitMs: number): Promise<boolean> {
    if (this.#mode === 'following') return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#deps.timers.after(limitMs, () => resolve(false));
    this.#waiting.add(resolve);
    return promise.finally(() => {
      timer.cancel();
      this.#waiting.delete(resolve);
    });
  }
}
