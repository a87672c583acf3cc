import { checkTrailers, trailerPairs } from '../../../../data-plane/compat/check-trailers.js';
import { FORWARDING } from '../../../support/routing-fixture.js';

const { limits } = FORWARDING;

describe('trailers', () => {
  it('go on in their order', () => {
    const raw = ['X-Sum', '1', 'x-sum', '2'];
    expect(checkTrailers(raw, limits)).toBeNull();
    expect(trailerPairs(raw)).toEqual([
      ['X-Sum', '1'],
      ['x-sum', '2'],
    ]);
  });

  it('may be none', () => {
    expect(checkTrailers([], limits)).toBeNull();
    expect(trailerPairs([])).toEqual([]);
  });

  it.each([['content-length'], ['Host'], ['Authorization'], ['X_Forwarded_For'], ['Set-Cookie']])(
    'are refused where they would change what was read: %s',
    (name) => {
      expect(checkTrailers(['X-Sum', '1', name, 'x'], limits)).toBe('bad_request');
    },
  );

  it('are refused where there are too many', () => {
    const raw = Array.from({ length: limits.headerCount + 1 }, () => ['X', 'y']).flat();
    expect(checkTrailers(raw, limits)).toBe('head_too_large');
  });
});
