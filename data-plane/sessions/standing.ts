/**
 * What stands about the session of one request: read from the client's cookie, and written into one. Where the session goes
 * is `sticky-flow.ts`'s; what a cookie is worth `routing/sticky`'s.
 */
import type { BackendId } from '#shared/ids.js';
import type { SessionId, SessionLifetime } from '#shared/session.js';
import type { CookieStickySettings } from '#shared/settings.js';
import type { ForwarderContext } from '../forwarder.js';
import { findCookies } from '../routing/cookies.js';
import type { BackendEntry, PoolTable } from '../routing/routing-table.js';
import { setSessionCookie } from '../routing/session-cookie.js';
import type { SessionFields } from '../routing/session-token.js';
import { readSession, type KnownSession, type NewSession } from '../routing/sticky.js';

/** Cookies as the client sent them, and how they are to be set. */
export interface CookieRequest {
  readonly settings: CookieStickySettings;
  readonly secure: boolean;
  readonly cookieHeader: string | null;
}

export interface Standing {
  readonly session: SessionId;
  readonly issuedS: number;
  readonly lifetime: SessionLifetime;
  /** Where the store has it, as far as is known. */
  boundTo: BackendId | null;
  /** The backend that the client's cookie names, if it stays good. */
  readonly cookieNames: string | null;
}

/** The session of the first genuine cookie of this pool. */
export function sessionOf(
  { cookies, clock }: ForwarderContext,
  { settings, secure, cookieHeader }: CookieRequest,
  pool: PoolTable,
): KnownSession | NewSession {
  const values =
    cookieHeader === null ? [] : findCookies(cookieHeader, pool.cookieNames[secure ? 1 : 0] ?? '');
  let fields: SessionFields | 'absent' | 'invalid' = values.length === 0 ? 'absent' : 'invalid';
  for (const value of values) {
    const genuine = cookies.verify(pool.id, value);
    if (genuine === null) continue;
    fields = genuine;
    break;
  }
  return readSession(fields, settings, clock.now());
}

/** A session that begins now, bound to nothing yet. */
export function newStanding({ cookies, clock }: ForwarderContext, settings: CookieStickySettings): Standing {
  return {
    session: cookies.newSession(),
    issuedS: Math.floor(clock.now() / 1_000),
    lifetime: { idleMs: settings.idleTimeoutMs, remainingMs: settings.absoluteTimeoutMs },
    boundTo: null,
    cookieNames: null,
  };
}

export function standingOf(
  { session, issuedS, lifetime }: KnownSession,
  boundTo: BackendId | null,
  cookieNames: string | null,
): Standing {
  return { session, issuedS, lifetime, boundTo, cookieNames };
}

/** The `Set-Cookie` value for a response of this backend, or `null` when the client's cookie says the same. */
export function cookieFor(
  { cookies, clock }: ForwarderContext,
  { settings, secure }: CookieRequest,
  standing: Standing,
  { pool, hashHex }: BackendEntry,
): string | null {
  if (standing.cookieNames === hashHex) return null;
  const at = clock.now();
  const { session, issuedS } = standing;
  const fields = { session, backendHash: hashHex, issuedS, seenS: Math.floor(at / 1_000) };
  const remainingMs = settings.absoluteTimeoutMs - (at - issuedS * 1_000);
  return setSessionCookie(settings, cookies.sign(pool, fields), { secure, remainingMs });
}
