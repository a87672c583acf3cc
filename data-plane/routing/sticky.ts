/**
 * Decisions about sticky sessions. `data-plane/sessions` asks the store and handles keys and MACs. In order:
 *
 *   readSession(genuine token or why there is none)  → new session, or one to ask the store about
 *   decideSession(session, the store's answer)       → bound: `pickBound` · moved or new: `pick`, then store and cookie
 *
 * A session stays while its backend `keepsSessions` (`#shared/availability.ts`), and moves otherwise. Sessions by address have
 * no binding: they go to serving backends only, so draining and weight 0 send their clients elsewhere at once.
 */
import type { BackendId } from '#shared/ids.js';
import type { SessionId, SessionLifetime } from '#shared/session.js';
import type { CookieStickySettings, IpStickySettings } from '#shared/settings.js';
import type { BackendEntry } from './backend-entry.js';
import { formatAddress, maskAddress, parseAddress } from './ip-address.js';
import { type Pick, pickBound } from './pick.js';
import type { PoolTable } from './pool-table.js';
import { REFRESH_SHARE } from './session-cookie.js';
import type { SessionFields } from './session-token.js';

/** A live session, as its genuine token tells. */
export interface KnownSession {
  readonly kind: 'known';
  readonly session: SessionId;
  readonly issuedS: number;
  readonly backendHash: string;
  readonly lifetime: SessionLifetime;
  /**
   * The cookie is to be written anew: enough time has passed, or it was written so far ahead of this host's clock that this host
   * would not see it pass.
   */
  readonly refresh: boolean;
  /**
   * By this host's clock the session may have been idle for too long. Another host's clock may have written the token, so only
   * the store can tell: the session is over if the store has no binding.
   */
  readonly doubtful: boolean;
}

export interface NewSession {
  readonly kind: 'new';
  readonly result: 'new' | 'invalid' | 'expired';
}

/**
 * What to do with a request. `result` is the label in `tidegate_sticky_lookups_total`.
 * new: pick by the algorithm, bind a new session id.
 * bound: use this backend. `bind`: the store did not know it, tell it. `refresh`: write the cookie.
 * moved: pick by the algorithm, rebind `from` that backend (bind where it is not known), write the cookie.
 */
type StickyDecision =
  | NewSession
  | {
      readonly kind: 'bound';
      readonly result: 'hit' | 'unsure';
      readonly backend: BackendEntry;
      readonly bind: boolean;
      readonly refresh: boolean;
    }
  | { readonly kind: 'moved'; readonly result: 'moved'; readonly from: BackendId | null };

/**
 * @param token the fields of a token whose MAC was found right; `absent` without a cookie, `invalid` when the MAC of none
 *   was right (another pool's token included: its MAC is over another text)
 * @param at milliseconds since 1970
 * @param sessionsFrom sessions that began before, milliseconds since 1970, were ended
 */
export function readSession(
  token: SessionFields | 'absent' | 'invalid',
  settings: CookieStickySettings,
  at: number,
  sessionsFrom = 0,
): KnownSession | NewSession {
  if (token === 'absent') return { kind: 'new', result: 'new' };
  if (token === 'invalid') return { kind: 'new', result: 'invalid' };
  if (token.issuedS * 1_000 < sessionsFrom) return { kind: 'new', result: 'expired' };
  const ageMs = Math.max(0, at - token.issuedS * 1_000);
  const remainingMs = settings.absoluteTimeoutMs - ageMs;
  if (remainingMs <= 0) return { kind: 'new', result: 'expired' };
  // Below 0 where the clock of the host that wrote the token is ahead of this one's.
  const unseenMs = at - token.seenS * 1_000;
  return {
    kind: 'known',
    session: token.session,
    issuedS: token.issuedS,
    backendHash: token.backendHash,
    lifetime: { idleMs: settings.idleTimeoutMs, remainingMs },
    refresh: Math.abs(unseenMs) >= settings.idleTimeoutMs * REFRESH_SHARE,
    doubtful: unseenMs >= settings.idleTimeoutMs,
  };
}

/**
 * When a session that begins at a time is written to have begun, in seconds since 1970. Tokens have no finer time, and clocks differ:
 * a session that begins after others were ended must not count as one of them.
 */
export function issueTime(at: number, sessionsFrom: number): number {
  return Math.max(Math.floor(at / 1_000), Math.ceil(sessionsFrom / 1_000));
}

/** @param stored the backend that the store has bound; `null`: none, `undefined`: the store cannot say */
export function decideSession(
  pool: PoolTable,
  session: KnownSession,
  stored: BackendId | null | undefined,
): StickyDecision {
  const named = pool.byHash.get(session.backendHash);
  if (stored === null && session.doubtful) return { kind: 'new', result: 'expired' };
  // Without a binding the cookie is enough: the store may have lost its memory.
  const bound = stored === null || stored === undefined ? named : pool.byId.get(stored);
  if (bound === undefined || !bound.keepsSessions) {
    return { kind: 'moved', result: 'moved', from: stored ?? named?.id ?? null };
  }
  return {
    kind: 'bound',
    result: stored === undefined ? 'unsure' : 'hit',
    backend: bound,
    bind: stored === null,
    // Another process moved the session: the cookie must follow.
    refresh: session.refresh || bound !== named,
  };
}

/** The backend that the client's network belongs to among the serving ones, or `null`. Equal in every process and host. */
export function stickyByAddress(
  pool: PoolTable,
  settings: IpStickySettings,
  clientAddress: string,
  tried: readonly BackendEntry[],
): BackendEntry | null {
  return pool.byAddress.of(clientNetwork(clientAddress, settings), tried);
}

/**
 * A pick by address. A half-open backend gets its trials from the clients that it had and would have again; all other clients
 * stay where they are. Of several attempts of one request only the first may be a trial.
 */
export function pickByAddress(
  pool: PoolTable,
  settings: IpStickySettings,
  clientAddress: string,
  tried: readonly BackendEntry[],
): Pick | null {
  if (pool.byAddressWithTrials !== null && tried.length === 0) {
    const owner = pool.byAddressWithTrials.of(clientNetwork(clientAddress, settings), tried);
    const trial = owner?.takesTrials === true ? pickBound(pool, owner, tried) : null;
    if (trial !== null) return trial;
  }
  const backend = stickyByAddress(pool, settings, clientAddress, tried);
  return backend === null ? null : pickBound(pool, backend, tried);
}

/** The network that counts as one client, as text. A text that is no address (a socket's path) counts as one client. */
export function clientNetwork(clientAddress: string, settings: IpStickySettings): string {
  const address = parseAddress(clientAddress);
  if (address === null) return clientAddress;
  return formatAddress(maskAddress(address, address.family === 4 ? settings.prefix4 : settings.prefix6));
}
