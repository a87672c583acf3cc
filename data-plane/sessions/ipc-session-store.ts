/**
 * Asks the session table of the primary over the control link, and keeps its answers for a short time. There is one question
 * at a time per session. A binding kept here is at most some seconds old. Each use checks against the routing table whether
 * its backend still serves, so the primary never has to take an answer back.
 */
import { LRUCache } from 'lru-cache';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { SessionOperation, SessionRequest } from '#shared/message.js';
import {
  SESSION_LOOKUP_TIMEOUT_MS,
  type SessionId,
  type SessionKey,
  type SessionLifetime,
  type SessionStore,
} from '#shared/session.js';
import type { ControlLink } from '../control/control-link.js';

const MAX_KEPT_SESSIONS = 50_000;
/** How long a binding is used without asking again. */
export const BINDING_KEPT_MS = 5_000;
/** How long it is believed that there is none. */
const ABSENCE_KEPT_MS = 1_000;
/** A binding is asked for at least this many times per idle timeout, since asking is what refreshes it. */
const ASKS_PER_IDLE_TIMEOUT = 4;

interface Kept {
  readonly pool: PoolId;
  readonly backend: BackendId | null;
}

export class IpcSessionStore implements SessionStore {
  readonly #link: ControlLink;
  /** By session. Ids are random, so two pools hardly ever share one; if they do, one of them asks. */
  readonly #kept: LRUCache<SessionId, Kept>;
  readonly #asking = new Map<string, Promise<BackendId | null | undefined>>();

  /** @param monotonic milliseconds, for the age of what is kept */
  constructor(link: ControlLink, monotonic: () => number) {
    this.#link = link;
    this.#kept = new LRUCache({ max: MAX_KEPT_SESSIONS, ttlResolution: 0, perf: { now: monotonic } });
  }

  recall(key: SessionKey, lifetime: SessionLifetime): BackendId | null | undefined {
    // Only the store may judge a session at its end, whatever was true a moment ago.
    if (lifetime.remainingMs <= 0) return undefined;
    const kept = this.#kept.get(key.session);
    return kept?.pool === key.pool ? kept.backend : undefined;
  }

  lookup(key: SessionKey, lifetime: SessionLifetime, fresh = false): Promise<BackendId | null | undefined> {
    const kept = fresh ? undefined : this.recall(key, lifetime);
    if (kept !== undefined) return Promise.resolve(kept);
    const name = nameOf(key);
    const asking = this.#asking.get(name);
    if (asking !== undefined) return asking;
    const question = this.#ask('lookup', key, lifetime).finally(() => this.#asking.delete(name));
    this.#asking.set(name, question);
    return question;
  }

  async bind(key: SessionKey, backend: BackendId, lifetime: SessionLifetime): Promise<BackendId | undefined> {
    return (await this.#ask('bind', key, lifetime, { to: backend })) ?? undefined;
  }

  async rebind(
    key: SessionKey,
    from: BackendId,
    to: BackendId,
    lifetime: SessionLifetime,
  ): Promise<BackendId | undefined> {
    return (await this.#ask('rebind', key, lifetime, { from, to })) ?? undefined;
  }

  async #ask(
    operation: SessionOperation,
    key: SessionKey,
    lifetime: SessionLifetime,
    backends: Pick<SessionRequest, 'from' | 'to'> = {},
  ): Promise<BackendId | null | undefined> {
    const reply = await this.#link.askSession(
      { type: 'session', operation, pool: key.pool, session: key.session, lifetime, ...backends },
      SESSION_LOOKUP_TIMEOUT_MS,
    );
    const backend = reply?.backend;
    if (backend === undefined) return undefined;
    const ttl =
      backend === null
        ? ABSENCE_KEPT_MS
        : Math.min(BINDING_KEPT_MS, lifetime.idleMs / ASKS_PER_IDLE_TIMEOUT, lifetime.remainingMs);
    if (ttl >= 1) this.#kept.set(key.session, { pool: key.pool, backend }, { ttl: Math.floor(ttl) });
    return backend;
  }
}

/** Pool names have no line breaks, so two keys never make one name. */
function nameOf(key: SessionKey): string {
  return `${key.pool}\n${key.session}`;
}
