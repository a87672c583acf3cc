/**
 * Sticky sessions: the backend to which a session is bound. There is one interface. The primary keeps the table in memory
 * and workers query it over IPC, or a Redis shared by hosts keeps it.
 */
import type { BackendId, PoolId } from './ids.js';

/** 16 random bytes in base64url (22 characters). */
export type SessionId = string;

export interface SessionKey {
  readonly pool: PoolId;
  readonly session: SessionId;
}

/** How long a binding lives, in milliseconds by the clock of the store. */
export interface SessionLifetime {
  readonly idleMs: number;
  /** The rest of the absolute lifetime, which began when the cookie was issued. */
  readonly remainingMs: number;
}

/**
 * The implementation bounds the duration of every call. A call returns `undefined` if the store cannot say (slow, gone,
 * full). The caller then trusts the signed cookie. No call rejects.
 */
export interface SessionStore {
  /** The answer of `lookup` if it is known without asking; `undefined` if the store must be asked. */
  recall(key: SessionKey, lifetime: SessionLifetime): BackendId | null | undefined;
  /**
   * Returns the bound backend; `null` if there is none. A lookup restarts the idle time of the binding.
   * @param fresh the answer must not come from a cache, because newer information contradicts it
   */
  lookup(key: SessionKey, lifetime: SessionLifetime, fresh?: boolean): Promise<BackendId | null | undefined>;
  /**
   * Binds the session if it is not bound yet. Returns the backend that is bound now: if two callers race, one gets the
   * backend of the other.
   */
  bind(key: SessionKey, backend: BackendId, lifetime: SessionLifetime): Promise<BackendId | undefined>;
  /** Moves the binding if it is still `from` or gone. Returns the backend that is bound now. */
  rebind(
    key: SessionKey,
    from: BackendId,
    to: BackendId,
    lifetime: SessionLifetime,
  ): Promise<BackendId | undefined>;
}

/** Marks an ended session in place of its backend. No backend can have this name, so the next request moves the session. */
export const NO_BACKEND = '-' as BackendId;

/** How long a request waits for the store, in milliseconds. After that it follows its cookie. */
export const SESSION_LOOKUP_TIMEOUT_MS = 40;
