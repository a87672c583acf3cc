/**
 * What a worker keeps of a session store's answers, bounded in number and age, and the questions that it has open: one at a
 * time per session. Each use of a binding checks against the routing table whether its backend still serves, so the store
 * never has to take an answer back.
 */
import { LRUCache } from 'lru-cache';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { SessionId, SessionKey } from '#shared/session.js';

const MAX_KEPT_SESSIONS = 50_000;

/** What the store said: the backend, `null` for none, `undefined` when it cannot say. */
type StoreAnswer = BackendId | null | undefined;

interface Kept {
  readonly pool: PoolId;
  readonly backend: BackendId | null;
  /** From then on it is used and asked for anew, by the worker's monotonic clock. */
  staleAt: number;
}

export class KeptSessions {
  readonly #monotonic: () => number;
  /** By session. Ids are random, so two pools hardly ever share one; if they do, one of them asks. */
  readonly #kept: LRUCache<SessionId, Kept>;
  readonly #asking = new Map<string, Promise<StoreAnswer>>();

  /** @param monotonic milliseconds, for the age of what is kept */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#kept = new LRUCache({ max: MAX_KEPT_SESSIONS, ttlResolution: 0, perf: { now: monotonic } });
  }

  /** The answer, if it is kept and not too old. */
  get(key: SessionKey): BackendId | null | undefined {
    return this.#of(key)?.backend;
  }

  /** Keeps an answer for `forMs`. After `staleAfterMs` it is stale. */
  keep(key: SessionKey, backend: BackendId | null, forMs: number, staleAfterMs = Infinity): void {
    if (forMs < 1) return;
    const staleAt = this.#monotonic() + staleAfterMs;
    this.#kept.set(key.session, { pool: key.pool, backend, staleAt }, { ttl: Math.floor(forMs) });
  }

  forget(key: SessionKey): void {
    if (this.#of(key) !== undefined) this.#kept.delete(key.session);
  }

  /** As `get`. Where the answer is stale, `ask` is called, and not again before `againAfterMs` have passed. */
  use(key: SessionKey, againAfterMs: number, ask: () => void): BackendId | null | undefined {
    const kept = this.#of(key);
    if (kept === undefined) return undefined;
    const now = this.#monotonic();
    if (now >= kept.staleAt) {
      kept.staleAt = now + againAfterMs;
      ask();
    }
    return kept.backend;
  }

  /** Asks, unless the same is being asked already: then that answer is waited for. */
  once(key: SessionKey, ask: () => Promise<StoreAnswer>): Promise<StoreAnswer> {
    const name = nameOf(key);
    const asking = this.#asking.get(name);
    if (asking !== undefined) return asking;
    const question = ask().finally(() => this.#asking.delete(name));
    this.#asking.set(name, question);
    return question;
  }

  #of(key: SessionKey): Kept | undefined {
    const kept = this.#kept.get(key.session);
    return kept?.pool === key.pool ? kept : undefined;
  }
}

/** Pool names have no line breaks, so two keys never make one name. */
function nameOf(key: SessionKey): string {
  return `${key.pool}\n${key.session}`;
}
