import { isMisdirected } from '../../../../data-plane/routing/misdirected.js';
import { buildRouteIndex, type Routed } from '../../../../data-plane/routing/route-match.js';
import { poolId } from '../../../../shared/ids.js';

const POOL = poolId('p');

function routed(...routes: readonly (readonly [host: string | null, pathPrefix: string])[]): Routed<string> {
  const all = routes.map(([host, pathPrefix]) => ({ host, pathPrefix, pool: POOL }));
  return { routes: buildRouteIndex(all, () => 'target') };
}

describe('a request for somebody else', () => {
  const table = routed(['a.test', '/'], ['b.test', '/api']);

  it.each([
    ['for a host without routes, on a connection for another', 'c.test', 'a.test', true],
    ['whose connection was opened for another host without routes', 'c.test', 'd.test', true],
    ['for a host with routes, on a connection for another', 'b.test', 'a.test', false],
    ['for the host that the connection was opened for', 'c.test', 'c.test', false],
    ['for that host, in upper case', 'c.test', 'C.TEST', false],
    ['of a client that gave no name', 'c.test', null, false],
    ['for nothing that could be a name', null, 'a.test', false],
  ])('is one %s: %s on %s → %s', (_name, host, serverName, expected) => {
    expect(isMisdirected(table, host, serverName)).toBe(expected);
  });

  it('is none where any host has a route', () => {
    expect(isMisdirected(routed(['a.test', '/'], [null, '/']), 'c.test', 'a.test')).toBe(false);
    expect(isMisdirected(routed([null, '/api']), 'c.test', 'a.test')).toBe(false);
  });
});
