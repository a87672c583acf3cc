/** Law: the walk through the tree finds what comparing with every route finds. */
import fc from 'fast-check';
import { buildRouteIndex, matchRoute } from '../../data-plane/routing/route-match.js';
import { poolId } from '../../shared/ids.js';
import { aRoute } from '../support/routing-fixture.js';

const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'c'), { maxLength: 5 })
  .map((segments) => `/${segments.join('/')}`);
const host = fc.constantFrom(null, 'x.example', 'y.example');

describe('a route', () => {
  it('is the one with the exact host and the longest prefix', () => {
    const routes = fc.uniqueArray(fc.tuple(host, path), {
      maxLength: 12,
      selector: (pair) => pair.join(' '),
    });
    fc.assert(
      fc.property(routes, host, path, (given, askedHost, askedPath) => {
        const targets = new Map(given.map((_, i) => [poolId(`p${i}`), { pool: i }]));
        const index = buildRouteIndex(
          given.map(([at, prefix], i) => aRoute(at, prefix, `p${i}`)),
          ({ pool }) => targets.get(pool),
        );
        const fits = given
          .map(([at, prefix], i) => ({ at, prefix, i }))
          .filter(
            ({ at, prefix }) =>
              (at === null || at === askedHost) &&
              (prefix === '/' || `${askedPath}/`.startsWith(`${prefix}/`)),
          )
          .sort((a, b) => Number(a.at === null) - Number(b.at === null) || b.prefix.length - a.prefix.length);
        expect(matchRoute({ routes: index }, askedHost, askedPath)?.pool).toBe(fits[0]?.i);
      }),
    );
  });
});
