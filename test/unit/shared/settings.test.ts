import { NAME_PATTERN } from '../../../shared/ids.js';
import { defaultCookieName } from '../../../shared/settings/pool.js';

describe('the cookie name of a pool that has none', () => {
  it('differs by pool, and is a token for every name that a pool may have (RFC 6265 §4.1.1)', () => {
    const names = ['default', 'a.b', '9_x-', 'Z'.repeat(64)];
    for (const name of names) {
      expect(name).toMatch(NAME_PATTERN);
      expect(defaultCookieName(name)).toMatch(/^[A-Za-z0-9._-]+$/);
    }
    expect(new Set(names.map(defaultCookieName)).size).toBe(names.length);
  });
});
