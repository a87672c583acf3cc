/**
 * Tells operators what a Redis refuses. The caller goes on without it, so that nobody else would hear of it. Each reason is told at
 * most once a minute, because a server that refuses one call refuses thousands.
 */
import type { RedisRole } from '../metric-labels.js';
import type { Logger, TimerHandle, Timers } from '../ports.js';

const TELL_AGAIN_MS = 60_000;
/** Reasons that are remembered. While there are so many, no further one is told. */
const MAX_REASONS = 16;

interface RefusalsDeps {
  readonly role: RedisRole;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class RedisRefusals {
  readonly #deps: RefusalsDeps;
  readonly #told = new Map<string, TimerHandle>();

  constructor(deps: RefusalsDeps) {
    this.#deps = deps;
  }

  /** @param reason the server's words, without arguments of the call */
  tell(command: string, { code, reason }: { readonly code: string; readonly reason: string }): void {
    const { role, timers, logger } = this.#deps;
    // A server that does not have a script yet is sent it. Whoever listens to a channel tells that it cannot.
    if (code === 'NOSCRIPT' || role === 'bell') return;
    if (this.#told.has(reason) || this.#told.size >= MAX_REASONS) return;
    this.#told.set(
      reason,
      timers.after(TELL_AGAIN_MS, () => this.#told.delete(reason)),
    );
    logger.warn({ role, command, reason }, 'Redis refuses a command');
  }

  close(): void {
    for (const timer of this.#told.values()) timer.cancel();
    this.#told.clear();
  }
}
