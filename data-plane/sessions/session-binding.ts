/**
 * The binding of one request's session: parsed from the client's cookie, written back as `Set-Cookie`. `sticky-flow.ts`
 * chooses the backend, `routing/sticky.ts` validates a token.
 */
import type { BackendId } from '#shared/ids.js';
import type { SessionId, SessionLifetime } from '#shared/session.js';
import type { CookieStickySettings } from '#shared/settings.js';
import type { ForwarderDeps } from '../forwarder.js';
import { findCookies } from '../routing/cookies.js';
import type { BackendEntry, PoolTable } from '../routing/routing-table.js';
import { namesToRead, setSessionCookie } from '../routing/session-cookie.js';
import type { SessionFields } from '../routing/session-token.js';
import { issueTime, readSession, type KnownSession, type NewSession } from '../routing/sticky.js';

/** Cookies as the client sent them, and how to set them. */
export interface CookieRequest {
  readonly settings: CookieStickySettings;
  readonly secure: boolean;
  readonly cookieHeader: string | null;
}

export interface Binding {
  readonly session: SessionId;
  readonly issuedS: number;
  readonly lifetime: SessionLifetime;
  /** The backend that the store has bound, as far as is known. */
  boundTo: BackendId | null;
  /** Names the backend in the client's cookie, if that cookie stays good. */
  readonly cookieHash: string | null;
}

/** The session of the first genuine cookie of this pool. A cookie with a former name is written anew with the present one. */
export function sessionOf(
  deps: ForwarderDeps,
  { settings, secure, cookieHeader }: CookieRequest,
  pool: PoolTable,
): KnownSession | NewSession {
  const at = deps.clock.now();
  const from = pool.sessionsFrom;
  const { own, former } = namesToRead(pool.cookieNames, secure);
  const fields = fieldsOf(deps, pool, cookieHeader, own);
  if (former === null || typeof fields === 'object') return readSession(fields, settings, at, from);
  const before = fieldsOf(deps, pool, cookieHeader, former);
  if (typeof before !== 'object') return readSession(fields, settings, at, from);
  const session = readSession(before, settings, at, from);
  return session.kind === 'known' ? { ...session, refresh: true } : session;
}

function fieldsOf(
  { cookies }: ForwarderDeps,
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

/** A session that begins now and is bound to nothing yet. */
export function newBinding(
  { cookies, clock }: ForwarderDeps,
  settings: CookieStickySettings,
  { sessionsFrom }: PoolTable,
): Binding {
  return {
    session: cookies.newSession(),
    issuedS: issueTime(clock.now(), sessionsFrom),
    lifetime: { idleMs: settings.idleTimeoutMs, remainingMs: settings.absoluteTimeoutMs },
    boundTo: null,
    cookieHash: null,
  };
}

export function bindingOf(
  { session, issuedS, lifetime }: KnownSession,
  boundTo: BackendId | null,
  cookieHash: string | null,
): Binding {
  return { session, issuedS, lifetime, boundTo, cookieHash };
}

/** The `Set-Cookie` value for a response of this backend, or `null` when the client's cookie says the same. */
export function cookieFor(
  { cookies, clock }: ForwarderDeps,
  { settings, secure }: CookieRequest,
  binding: Binding,
  { pool, hashHex }: BackendEntry,
): string | null {
  if (binding.cookieHash === hashHex) return null;
  const at = clock.now();
  const { session, issuedS } = binding;
  const fields = { session, backendHash: hashHex, issuedS, seenS: Math.floor(at / 1_000) };
  const remainingMs = settings.absoluteTimeoutMs - (at - issuedS * 1_000);
  return setSessionCookie(settings, cookies.sign(pool, fields), { secure, remainingMs });
}
