import {
  namesToRead,
  sessionCookieName,
  sessionCookieNames,
  setSessionCookie,
} from '../../../../data-plane/routing/session-cookie.js';
import { poolId } from '../../../../shared/ids.js';

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
    expect(sessionCookieNames(SETTINGS, poolId('web'))).toEqual(['session_id', '__Host-session_id']);
    expect(sessionCookieNames(null, poolId('web'))).toEqual([]);
    expect(sessionCookieNames({ type: 'ip', prefix4: 32, prefix6: 64 }, poolId('web'))).toEqual([]);
  });

  it('has former names too where a pool has the default one', () => {
    const names = sessionCookieNames({ ...SETTINGS, cookieName: 'tidegate_web' }, poolId('web'));
    expect(names).toEqual(['tidegate_web', '__Host-tidegate_web', 'tidegate', '__Host-tidegate']);
    expect(namesToRead(names, false)).toEqual({ own: 'tidegate_web', former: 'tidegate' });
    expect(namesToRead(names, true)).toEqual({ own: '__Host-tidegate_web', former: '__Host-tidegate' });
    // The default of another pool was chosen here.
    const chosen = sessionCookieNames({ ...SETTINGS, cookieName: 'tidegate_api' }, poolId('web'));
    expect(namesToRead(chosen, false)).toEqual({ own: 'tidegate_api', former: null });
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
