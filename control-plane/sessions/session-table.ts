/**
 * The primary's table of sticky sessions, in memory only. Its size is bounded: when it is full, the binding that was
 * used least recently is dropped. Bindings have no timers: an expired one is found when it is looked up, or when it has
 * become the oldest.
 *
 * The table is neither stored nor shared with other hosts, because the session cookie still names the backend when a
 * binding is lost.
 */
import { LRUCache } from 'lru-cache';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Clock } from '#shared/ports.js';
import { NO_BACKEND, type SessionKey, type SessionLifetime, type SessionStore } from '#shared/session.js';
import type { ListedSession, SessionDirectory, SessionPage } from './session-directory.js';

/** Most bindings held, summed over all pools: about 40 MB. */
export const MAX_SESSIONS = 200_000;
/**
 * How many of the oldest bindings are tested for expiry with each new one. More than one, so that a backlog shrinks.
 */
const SWEEP_PER_BINDING = 2;
/** How many of the oldest bindings are tested for expiry with each count: about 10 ms of work. */
const SWEEP_PER_COUNT = 10_000;

export interface SessionTable extends SessionStore, SessionDirectory {
  /**
   * Number of bindings of a pool. It may include expired bindings in two cases: an expired one has not yet become the
   * oldest (pools have different idle timeouts, or an absolute lifetime ended early), or more than 10,000 have expired
   * since the last count.
   */
  count(pool: PoolId): number;
}

interface Binding {
  readonly pool: PoolId;
  backend: BackendId;
  /** Milliseconds since 1970 by the table's clock. Each use moves it. */
  expiresAt: number;
}

export function createSessionTable(clock: Clock, maxSessions = MAX_SESSIONS): SessionTable {
  return new MemorySessionTable(clock, maxSessions);
}

class MemorySessionTable implements SessionTable {
  readonly #clock: Clock;
  /**
   * Not a plain `Map`: used as a queue, it walks over all entries deleted at its head (60 µs per binding when full).
   * The LRU cache is a linked list.
   */
  readonly #bindings: LRUCache<string, Binding>;
  readonly #counts = new Map<PoolId, number>();

  constructor(clock: Clock, maxSessions: number) {
    this.#clock = clock;
    this.#bindings = new LRUCache({ max: maxSessions, dispose: (binding) => this.#countDown(binding.pool) });
  }

  /** Always `undefined` (ask with `lookup`), because each use has to refresh its binding. */
  recall(): undefined {
    return undefined;
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

  count(pool: PoolId): number {
    this.#sweep(SWEEP_PER_COUNT);
    return this.#counts.get(pool) ?? 0;
  }

  /** In the order of session ids. Walks over the whole table: about 30 ms when it is full. */
  async page(
    pool: PoolId,
    { after, limit }: { readonly after: string | null; readonly limit: number },
  ): Promise<SessionPage> {
    const begin = nameOf({ pool, session: '' });
    const last = begin + (after ?? '');
    const now = this.#clock.now();
    // Keeps and sorts at most twice as many names as a page has.
    let names: string[] = [];
    for (const name of this.#bindings.rkeys()) {
      if (name <= last || !name.startsWith(begin)) continue;
      if ((this.#bindings.peek(name)?.expiresAt ?? 0) <= now) continue;
      names.push(name);
      if (names.length > 2 * limit) names = names.sort().slice(0, limit + 1);
    }
    names.sort();
    const sessions = names.slice(0, limit).map((name) => this.#listed(name, begin, now));
    return { kind: 'ok', sessions, next: names.length > limit ? (sessions.at(-1)?.session ?? null) : null };
  }

  async end(key: SessionKey): Promise<{ readonly kind: 'ended' | 'unknown' }> {
    const binding = this.#bindings.peek(nameOf(key));
    if (binding === undefined || binding.expiresAt <= this.#clock.now()) return { kind: 'unknown' };
    binding.backend = NO_BACKEND;
    return { kind: 'ended' };
  }

  async sweep(pool: PoolId): Promise<void> {
    const begin = nameOf({ pool, session: '' });
    // Collected first, because deleting an entry breaks an iterator that is at it.
    const names = Array.from(this.#bindings.keys()).filter((name) => name.startsWith(begin));
    for (const name of names) this.#bindings.delete(name);
  }

  #listed(name: string, begin: string, now: number): ListedSession {
    const { backend = NO_BACKEND, expiresAt = now } = this.#bindings.peek(name) ?? {};
    const session = name.slice(begin.length);
    return { session, backend: backend === NO_BACKEND ? null : backend, leftMs: expiresAt - now };
  }

  /** The live binding, refreshed and made the newest; `null` if there is none. */
  #use(key: SessionKey, lifetime: SessionLifetime): Binding | null {
    const name = nameOf(key);
    const binding = this.#bindings.get(name);
    if (binding === undefined) return null;
    const now = this.#clock.now();
    if (binding.expiresAt <= now || lifetime.remainingMs <= 0) {
      this.#bindings.delete(name);
      return null;
    }
    binding.expiresAt = endOf(now, lifetime);
    return binding;
  }

  #add(key: SessionKey, backend: BackendId, lifetime: SessionLifetime): void {
    const now = this.#clock.now();
    const expiresAt = endOf(now, lifetime);
    if (expiresAt <= now) return;
    this.#sweep(SWEEP_PER_BINDING);
    this.#bindings.set(nameOf(key), { pool: key.pool, backend, expiresAt });
    this.#counts.set(key.pool, (this.#counts.get(key.pool) ?? 0) + 1);
  }

  /** Removes expired bindings, oldest first, at most `most`. Stops at the first that is still live. */
  #sweep(most: number): void {
    const now = this.#clock.now();
    for (let left = most; left > 0; left -= 1) {
      const oldest = this.#bindings.rkeys().next().value;
      const binding = oldest === undefined ? undefined : this.#bindings.peek(oldest);
      if (oldest === undefined || binding === undefined || binding.expiresAt > now) return;
      this.#bindings.delete(oldest);
    }
  }

  #countDown(pool: PoolId): void {
    const rest = (this.#counts.get(pool) ?? 0) - 1;
    if (rest > 0) this.#counts.set(pool, rest);
    else this.#counts.delete(pool);
  }
}

/** Unambiguous, because names of pools contain no slash. */
function nameOf(key: SessionKey): string {
  return `${key.pool}/${key.session}`;
}

function endOf(now: number, lifetime: SessionLifetime): number {
  return now + Math.min(lifetime.idleMs, lifetime.remainingMs);
}
