import { backendId, isName, poolId } from '../../../shared/ids.js';

describe('names', () => {
  it.each(['a', 'Z9', '0', 'backend-1', 'a.b_c-d', 'x'.repeat(64)])('may be %s', (name) => {
    expect(isName(name)).toBe(true);
  });

  it.each(['', '-a', '.a', '_a', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(65), '..'])('may not be %j', (name) => {
    expect(isName(name)).toBe(false);
  });

  it('stay the same text when they are marked', () => {
    expect([poolId('p'), backendId('b')]).toEqual(['p', 'b']);
  });
});
