/**
 * The primary's table of sticky sessions, in memory. Bounded: when it is full, the binding used least recently goes.
 * No timer per binding: an expired one is found when it is asked for, or when it has become the oldest.
 * Workers' cookies carry affinity over its loss, so it is neither stored nor shared.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Clock } from '#shared/ports.js';
import type { SessionKey, SessionLifetime, SessionStore } from '#shared/session.js';

/** Most bindings held, over all pools: about 40 MB. */
export const MAX_SESSIONS = 200_000;
/** Oldest bindings looked at for expiry with each new one: more than one, so that a backlog shrinks. */
const SWEEP_PER_BINDING = 2;

export interface SessionTable extends SessionStore {
  /**
   * Bindings of a pool. Exact but for expired ones that have not yet become the oldest (pools with different idle
   * timeouts, absolute lifetimes that ended early).
   */
  count(pool: PoolId): number;
}

interface Binding {
  readonly pool: PoolId;
  backend: BackendId;
  /** By the store's clock; slides with use. */
  expiresAt: number;
}

export function createSessionTable(clock: Clock, maxSessions = MAX_SESSIONS): SessionTable {
  return new MemorySessionTable(clock, maxSessions);
}

class MemorySessionTable implements SessionTable {
  readonly #clock: Clock;
  readonly #maxSessions: number;
  /** In the order of use, the oldest first: a map keeps the order of insertion. */
  readonly #bindings = new Map<string, Binding>();
  readonly #counts = new Map<PoolId, number>();

  constructor(clock: Clock, maxSessions: number) {
    this.#clock = clock;
    this.#maxSessions = maxSessions;
  }

  async lookup(key: SessionKey, lifetime: SessionLifetime): Promise<BackendId | null> {
    return this.#use(key, lifetime)?.backend ?? null;
  }

  async bind(key: SessionKey, backend: BackendId, lifetime: SessionLifetime): Promise<BackendId> {
    const present = this.#use(key, lifetime);
    if (present !== null) return present.backend;
    this.#add(key, backend, lifetime);
    return backend;
  }

  async rebind(
    key: SessionKey,
    from: BackendId,
    to: BackendId,
    lifetime: SessionLifetime,
  ): Promise<BackendId> {
    const present = this.#use(key, lifetime);
    if (present === null) this.#add(key, to, lifetime);
    else if (present.backend === from) present.backend = to;
    return present?.backend ?? to;
  }

  async release(key: SessionKey): Promise<void> {
    this.#remove(nameOf(key));
  }

  count(pool: PoolId): number {
    this.#sweep(this.#bindings.size);
    return this.#counts.get(pool) ?? 0;
  }

  /** The live binding, refreshed and made the newest; `null` when there is none. */
  #use(key: SessionKey, lifetime: SessionLifetime): Binding | null {
    const name = nameOf(key);
    const binding = this.#bindings.get(name);
    if (binding === undefined) return null;
    const now = this.#clock.now();
    if (binding.expiresAt <= now || lifetime.remainingMs <= 0) {
      this.#remove(name);
      return null;
    }
    binding.expiresAt = endOf(now, lifetime);
    this.#bindings.delete(name);
    this.#bindings.set(name, binding);
    return binding;
  }

  #add(key: SessionKey, backend: BackendId, lifetime: SessionLifetime): void {
    const now = this.#clock.now();
    const expiresAt = endOf(now, lifetime);
    if (expiresAt <= now) return;
    this.#sweep(SWEEP_PER_BINDING);
    if (this.#bindings.size >= this.#maxSessions) this.#removeOldest();
    this.#bindings.set(nameOf(key), { pool: key.pool, backend, expiresAt });
    this.#counts.set(key.pool, (this.#counts.get(key.pool) ?? 0) + 1);
  }

  /** Removes the oldest bindings while they are expired, at most `most`. */
  #sweep(most: number): void {
    const now = this.#clock.now();
    let left = most;
    for (const [name, binding] of this.#bindings) {
      if (left === 0 || binding.expiresAt > now) return;
      this.#remove(name);
      left -= 1;
    }
  }

  #removeOldest(): void {
    for (const name of this.#bindings.keys()) {
      this.#remove(name);
      return;
    }
  }

  #remove(name: string): void {
    const binding = this.#bindings.get(name);
    if (binding === undefined) return;
    this.#bindings.delete(name);
    const rest = (this.#counts.get(binding.pool) ?? 0) - 1;
    if (rest > 0) this.#counts.set(binding.pool, rest);
    else this.#counts.delete(binding.pool);
  }
}

/** Names of pools contain no slash. */
function nameOf(key: SessionKey): string {
  return `${key.pool}/${key.session}`;
}

function endOf(now: number, lifetime: SessionLifetime): number {
  return now + Math.min(lifetime.idleMs, lifetime.remainingMs);
}
