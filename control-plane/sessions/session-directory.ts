/** The sessions by cookie that a store knows, as operators see them: listed, counted, ended. */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { SessionId, SessionKey } from '#shared/session.js';

export interface ListedSession {
  readonly session: SessionId;
  /** `null`: it was ended, and its next request chooses anew. */
  readonly backend: BackendId | null;
  /** How long it is kept unless it is used. */
  readonly leftMs: number;
}

/** The store could not be asked, or did not answer: in one sentence. */
export interface StoreUnavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

export type SessionPage =
  /** `next`: where the next page begins; `null`: this was the last. */
  | { readonly kind: 'ok'; readonly sessions: readonly ListedSession[]; readonly next: string | null }
  /** No page begins there. */
  | { readonly kind: 'no-such-page' }
  /** Another listing is under way: there is one at a time, because each walks over all that is stored. */
  | { readonly kind: 'busy' }
  | StoreUnavailable;

export interface SessionDirectory {
  /** Bindings of a pool; `null`: nobody counts them. */
  count(pool: PoolId): number | null;
  /**
   * About `limit` sessions of a pool, in no order that matters. Of a store that changes while it is listed, sessions that were
   * there all the time are listed, some perhaps twice. `after`: the `next` of the page before; `null`: the first.
   */
  page(
    pool: PoolId,
    options: { readonly after: string | null; readonly limit: number },
  ): Promise<SessionPage>;
  /** Takes a session from its backend: its next request chooses anew, once its worker asks the store again. */
  end(key: SessionKey): Promise<{ readonly kind: 'ended' | 'unknown' } | StoreUnavailable>;
  /** Removes the bindings of a pool whose sessions were all ended: they would only be kept until their time is over. */
  sweep(pool: PoolId): Promise<void>;
}
