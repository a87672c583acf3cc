/**
 * Asks the session table of the primary over the control link, and keeps its answers for some seconds. Asking is what
 * refreshes a binding there.
 */
import type { BackendId } from '#shared/ids.js';
import type { SessionOperation, SessionRequest } from '#shared/message.js';
import {
  SESSION_LOOKUP_TIMEOUT_MS,
  type SessionKey,
  type SessionLifetime,
  type SessionStore,
} from '#shared/session.js';
import type { ControlLink } from '../control/control-link.js';
import { KeptSessions } from './kept-sessions.js';

/** How long a binding is used without asking again. */
export const BINDING_KEPT_MS = 5_000;
/** How long it is believed that there is none. */
const ABSENCE_KEPT_MS = 1_000;
/** A binding is asked for at least this many times per idle timeout, since asking is what refreshes it. */
const ASKS_PER_IDLE_TIMEOUT = 4;

export class IpcSessionStore implements SessionStore {
  readonly #link: ControlLink;
  readonly #kept: KeptSessions;

  /** @param monotonic milliseconds, for the age of what is kept */
  constructor(link: ControlLink, monotonic: () => number) {
    this.#link = link;
    this.#kept = new KeptSessions(monotonic);
  }

  recall(key: SessionKey, lifetime: SessionLifetime): BackendId | null | undefined {
    // Only the store may judge a session at its end, whatever was true a moment ago.
    return lifetime.remainingMs <= 0 ? undefined : this.#kept.get(key);
  }

  lookup(key: SessionKey, lifetime: SessionLifetime, fresh = false): Promise<BackendId | null | undefined> {
    const kept = fresh ? undefined : this.recall(key, lifetime);
    if (kept !== undefined) return Promise.resolve(kept);
    return this.#kept.once(key, () => this.#ask('lookup', key, lifetime));
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
    const forMs =
      backend === null
        ? ABSENCE_KEPT_MS
        : Math.min(BINDING_KEPT_MS, lifetime.idleMs / ASKS_PER_IDLE_TIMEOUT, lifetime.remainingMs);
    this.#kept.keep(key, backend, forMs);
    return backend;
  }
}
