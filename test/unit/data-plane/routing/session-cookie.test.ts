import {
  sessionCookieName,
  sessionCookieNames,
  setSessionCookie,
} from '../../../../data-plane/routing/session-cookie.js';

const SETTINGS = {
  type: 'cookie',
  cookieName: 'session_id',
  idleTimeoutMs: 3_600_000,
  absoluteTimeoutMs: 86_400_000,
} as const;

describe('session cookie', () => {
  it('has the prefix of a host cookie over TLS', () => {
    expect(sessionCookieName(SETTINGS, false)).toBe('session_id');
    expect(sessionCookieName(SETTINGS, true)).toBe('__Host-session_id');
    expect(sessionCookieNames(SETTINGS)).toEqual(['session_id', '__Host-session_id']);
    expect(sessionCookieNames(null)).toEqual([]);
    expect(sessionCookieNames({ type: 'ip', prefix4: 32, prefix6: 64 })).toEqual([]);
  });

  it('is set for the host alone and out of reach of scripts', () => {
    expect(setSessionCookie(SETTINGS, 'T', { secure: false, remainingMs: 86_400_000 })).toBe(
      'session_id=T; Path=/; Max-Age=4500; HttpOnly; SameSite=Lax',
    );
    expect(setSessionCookie(SETTINGS, 'T', { secure: true, remainingMs: 86_400_000 })).toBe(
      '__Host-session_id=T; Path=/; Max-Age=4500; HttpOnly; SameSite=Lax; Secure',
    );
  });

  it.each([
    [60_000, '60'],
    [1, '1'],
    [-5, '1'],
  ])('does not outlive its session: %i ms left', (remainingMs, maxAge) => {
    expect(setSessionCookie(SETTINGS, 'T', { secure: false, remainingMs })).toContain(`Max-Age=${maxAge};`);
  });

  it('lives 400 days at most', () => {
    const settings = { ...SETTINGS, idleTimeoutMs: 1e12 };
    expect(setSessionCookie(settings, 'T', { secure: false, remainingMs: 1e12 })).toContain(
      'Max-Age=34560000;',
    );
  });
});
