/** The session cookie's names, its life and its `Set-Cookie` field. */
import type { PoolId } from '#shared/ids.js';
import { defaultCookieName } from '#shared/settings/pool.js';
import type { CookieStickySettings, StickySettings } from '#shared/settings.js';

/** Share of the idle timeout after which a cookie in use is written anew. */
export const REFRESH_SHARE = 0.25;
/** A cookie may thus be up to a quarter of the timeout older than the last use of its session. So clients keep it for that much longer. */
const COOKIE_LIFE_SHARE = 1 + REFRESH_SHARE;

/** Browsers keep no cookie longer (RFC 6265bis §5.6.2): 400 days. */
const MAX_AGE_S = 34_560_000;

/** Over TLS the name says that the cookie came over TLS, for this host alone (RFC 6265bis §4.1.3.2). */
export function sessionCookieName(settings: CookieStickySettings, secure: boolean): string {
  return secure ? `__Host-${settings.cookieName}` : settings.cookieName;
}

/** The one default name of former releases, for every pool that named no cookie. Such cookies are still read, and replaced. */
const FORMER_DEFAULT = 'tidegate';

/**
 * All names of cookies that the backend must not see: without and with TLS, and where the pool has the default name also the
 * former default names.
 */
export function sessionCookieNames(settings: StickySettings | null, pool: PoolId): readonly string[] {
  if (settings?.type !== 'cookie') return [];
  const own = [sessionCookieName(settings, false), sessionCookieName(settings, true)];
  if (settings.cookieName !== defaultCookieName(pool)) return own;
  const former = { ...settings, cookieName: FORMER_DEFAULT };
  return [...own, sessionCookieName(former, false), sessionCookieName(former, true)];
}

/** The name that a client's cookie has, and the former name that it may still have. */
export function namesToRead(
  names: readonly string[],
  secure: boolean,
): { readonly own: string; readonly former: string | null } {
  const at = secure ? 1 : 0;
  return { own: names[at] ?? '', former: names[at + 2] ?? null };
}

/** @param remainingMs what is left of the session's absolute lifetime */
export function setSessionCookie(
  settings: CookieStickySettings,
  token: string,
  options: { readonly secure: boolean; readonly remainingMs: number },
): string {
  const lifeMs = Math.min(settings.idleTimeoutMs * COOKIE_LIFE_SHARE, options.remainingMs);
  const maxAge = Math.min(MAX_AGE_S, Math.max(1, Math.ceil(lifeMs / 1_000)));
  const name = sessionCookieName(settings, options.secure);
  const attributes = `Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax`;
  return `${name}=${token}; ${attributes}${options.secure ? '; Secure' : ''}`;
}
