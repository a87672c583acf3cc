/**
 * Sticky sessions: which backend a session is bound to. One interface; the primary holds the table in memory, workers
 * ask for it over IPC, and a store shared by hosts will speak the same words.
 */
import type { BackendId, PoolId } from './ids.js';

/** 16 random bytes, base64url (22 characters). */
export type SessionId = string;

export interface SessionKey {
  readonly pool: PoolId;
  readonly session: SessionId;
}

/** How long a binding lives. Both count from the store's own clock. */
export interface SessionLifetime {
  readonly idleMs: number;
  /** What is left of the absolute lifetime, from the time of issue in the cookie. */
  readonly remainingMs: number;
}

/**
 * Every call is bounded in time by its implementation and answers `undefined` when the store cannot say (slow, gone,
 * full): the caller then trusts the signed cookie. None ever rejects.
 */
export interface SessionStore {
  /** What `lookup` would answer, if that is known here and now; `undefined`: it must be asked. */
  recall(key: SessionKey, lifetime: SessionLifetime): BackendId | null | undefined;
  /**
   * The backend bound, `null` when there is none. Using a binding refreshes its idle time. `fresh`: the answer must
   * not be one that was kept from before, because something newer contradicts it.
   */
  lookup(key: SessionKey, lifetime: SessionLifetime, fresh?: boolean): Promise<BackendId | null | undefined>;
  /** Binds if nothing is bound yet. Answers the backend that is bound now: of two racing callers one is told the other's. */
  bind(key: SessionKey, backend: BackendId, lifetime: SessionLifetime): Promise<BackendId | undefined>;
  /** Moves the binding if it is still `from` (or gone). Answers the backend that is bound now. */
  rebind(
    key: SessionKey,
    from: BackendId,
    to: BackendId,
    lifetime: SessionLifetime,
  ): Promise<BackendId | undefined>;
}

/** Stands for a backend where a session was ended: no backend can have this name, so the session moves with its next request. */
export const NO_BACKEND = '-' as BackendId;

/** Longest that a request waits for the store, then it goes by its cookie. */
export const SESSION_LOOKUP_TIMEOUT_MS = 40;
