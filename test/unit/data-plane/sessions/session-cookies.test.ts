import { SessionCookies } from '../../../../data-plane/sessions/session-cookies.js';
import { poolId } from '../../../../shared/ids.js';

const key = (kid: string, fill: number) => ({ kid, secret: new Uint8Array(32).fill(fill) });
const pool = poolId('web');

describe('session cookies', () => {
  const cookies = new SessionCookies([key('k1', 1)]);
  const fields = { session: cookies.newSession(), backendHash: '0123456789abcdef', issuedS: 5, seenS: 6 };

  it('give back what was signed', () => {
    const value = cookies.sign(pool, fields);
    expect(cookies.verify(pool, value)).toEqual(fields);
    expect(cookies.verify(pool, value)).toEqual(fields);
  });

  it('have another session each time', () => {
    expect(cookies.newSession()).toMatch(/^[\w-]{22}$/);
    expect(cookies.newSession()).not.toBe(cookies.newSession());
  });

  it('are not believed when any character was changed', () => {
    const value = cookies.sign(pool, fields);
    for (let i = 0; i < value.length - 1; i += 1) {
      const changed = `${value.slice(0, i)}${value[i] === 'A' ? 'B' : 'A'}${value.slice(i + 1)}`;
      expect(cookies.verify(pool, changed)).toBeNull();
    }
  });

  it('are not believed in another pool, even when they were in their own', () => {
    const value = cookies.sign(pool, fields);
    expect(cookies.verify(pool, value)).not.toBeNull();
    expect(cookies.verify(poolId('api'), value)).toBeNull();
  });

  it('are verified with all keys and signed with the first', () => {
    const rotated = new SessionCookies([key('k2', 2), key('k1', 1)]);
    expect(rotated.verify(pool, cookies.sign(pool, fields))).toEqual(fields);
    expect(rotated.sign(pool, fields)).toMatch(/^v1\.k2\./);
    expect(cookies.verify(pool, rotated.sign(pool, fields))).toBeNull();
  });

  it('are not believed under the name of another key', () => {
    const other = new SessionCookies([key('k1', 9)]);
    expect(other.verify(pool, cookies.sign(pool, fields))).toBeNull();
  });

  it('need a key', () => {
    expect(() => new SessionCookies([])).toThrow();
  });
});
