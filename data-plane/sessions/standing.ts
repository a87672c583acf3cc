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
import { namesToRead, setSessionCookie } from '../routing/session-cookie.js';
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

/** The session of the first genuine cookie of this pool. One of a former name is written anew under the name of today. */
export function sessionOf(
  context: ForwarderContext,
  { settings, secure, cookieHeader }: CookieRequest,
  pool: PoolTable,
): KnownSession | NewSession {
  const at = context.clock.now();
  const { own, former } = namesToRead(pool.cookieNames, secure);
  const fields = fieldsOf(context, pool, cookieHeader, own);
  if (former === null || typeof fields === 'object') return readSession(fields, settings, at);
  const before = fieldsOf(context, pool, cookieHeader, former);
  if (typeof before !== 'object') return readSession(fields, settings, at);
  const session = readSession(before, settings, at);
  return session.kind === 'known' ? { ...session, refresh: true } : session;
}

function fieldsOf(
  { cookies }: ForwarderContext,
  pool: PoolTable,
  cookieHeader: string | null,
  name: string,
): SessionFields | 'absent' | 'invalid' {
  const values = cookieHeader === null ? [] : findCookies(cookieHeader, name);
  for (const value of values) {
    const genuine = cookies.verify(pool.id, value);
    if (genuine !== null) return genuine;
  }
  return values.length === 0 ? 'absent' : 'invalid';
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
