/** What operators can do with the cookie sessions in a store: list, count and end them. */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { SessionId, SessionKey } from '#shared/session.js';

export interface ListedSession {
  readonly session: SessionId;
  /** `null`: somebody has ended the session, so its next request is sent to a newly chosen backend. */
  readonly backend: BackendId | null;
  /** Milliseconds until the session expires if it is not used. */
  readonly leftMs: number;
}

/** The store could not be asked, or did not answer. `reason` says why, in one sentence. */
export interface StoreUnavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

export type SessionPage =
  /** `next` is the beginning of the next page; `null` after the last one. */
  | { readonly kind: 'ok'; readonly sessions: readonly ListedSession[]; readonly next: string | null }
  /** No page begins at this place. */
  | { readonly kind: 'no-such-page' }
  /** Somebody else is listing sessions. There is one listing at a time, because each walks over the whole store. */
  | { readonly kind: 'busy' }
  | StoreUnavailable;

export interface SessionDirectory {
  /** Number of bindings of a pool; `null` if the store does not count them. */
  count(pool: PoolId): number | null;
  /**
   * About `limit` sessions of a pool, in any order. `after` is the `next` of the page before; `null` for the first
   * page. If the store changes meanwhile, sessions that exist all the time are listed, some perhaps twice.
   */
  page(
    pool: PoolId,
    options: { readonly after: string | null; readonly limit: number },
  ): Promise<SessionPage>;
  /**
   * Takes a session from its backend. A backend is newly chosen for the next request after its worker has asked the
   * store again.
   */
  end(key: SessionKey): Promise<{ readonly kind: 'ended' | 'unknown' } | StoreUnavailable>;
  /**
   * Removes the bindings of a pool after its sessions were ended. They have no effect any more, and would only be kept
   * until they expire.
   */
  sweep(pool: PoolId): Promise<void>;
}
