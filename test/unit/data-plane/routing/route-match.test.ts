import {
  MAX_AMBIGUOUS_PATH,
  buildRouteIndex,
  matchRoute,
  routeRequest,
} from '../../../../data-plane/routing/route-match.js';
import { poolId } from '../../../../shared/ids.js';
import { aRoute } from '../../../support/routing-fixture.js';

function tableWith(...routes: [host: string | null, pathPrefix: string, pool: string][]) {
  const known = ['root', 'api', 'v2', 'shop', 'late'].map(poolId);
  return {
    routes: buildRouteIndex(
      routes.map((route) => aRoute(...route)),
      ({ pool, pathPrefix }) => (known.includes(pool) ? { pool, pathPrefix } : undefined),
    ),
  };
}

const table = tableWith(
  [null, '/', 'root'],
  [null, '/api', 'api'],
  [null, '/api/v2/', 'v2'],
  ['Shop.example', '/cart', 'shop'],
  ['::1', '/', 'v2'],
  [null, '/api/', 'late'],
  [null, '/unknown', 'nowhere'],
);

describe('route match', () => {
  it.each<[string | null, string, string]>([
    [null, '/', 'root'],
    [null, '/x', 'root'],
    [null, '/api', 'api'],
    [null, '/api/', 'api'],
    [null, '/api/v1', 'api'],
    [null, '/apix', 'root'],
    [null, '/api/v2', 'v2'],
    [null, '/api/v2/', 'v2'],
    [null, '/api/v2/x/y', 'v2'],
    [null, '/api/v20', 'api'],
    [null, '/unknown', 'root'],
    [null, '*', 'root'],
    [null, '', 'root'],
    ['shop.example', '/cart/1', 'shop'],
    ['shop.example', '/api', 'api'],
    ['::1', '/api', 'v2'],
    ['other.example', '/cart', 'root'],
    ['__proto__', '/constructor', 'root'],
  ])('%j %j goes to %s', (host, path, pool) => {
    expect(matchRoute(table, host, path)).toMatchObject({ pool });
    expect(routeRequest(table, host, path)).toMatchObject({ pool });
  });

  it('finds nothing where no route is', () => {
    const narrow = tableWith([null, '/api', 'api']);
    expect(routeRequest(narrow, null, '/')).toBe('no_route');
    expect(matchRoute(narrow, null, '/')).toBeNull();
    expect(routeRequest(tableWith(), null, '/')).toBe('no_route');
  });

  it.each([
    '/x/../api',
    '/api/../x',
    '/api/%2e%2e/x',
    '/x%2f..%2fapi',
    '/api/..%5cx',
    '/api/..;/x',
    '/%61pi/x',
    '//api',
    '/api\\v2',
    '/api//v2',
    '/public#/../api',
  ])('refuses %j, which a backend may read as another pool’s', (path) => {
    expect(routeRequest(table, null, path)).toBe('bad_request');
    expect(matchRoute(table, null, path)).toBeNull();
  });

  it.each(['/api/a%2fb', '/api/x/../y', '/api/x;v=1', '/x%20y', '/x//y'])(
    'lets %j pass, which stays in its pool however it is read',
    (path) => {
      expect(matchRoute(table, null, path)).not.toBeNull();
    },
  );

  it('does not mind how a path is read where paths do not matter', () => {
    expect(matchRoute(tableWith([null, '/', 'root'], ['a', '/', 'api']), 'a', '/x/../../y')).toMatchObject({
      pool: 'api',
    });
  });

  it('lets a path pass that two routes to one pool share, by the route that it has as it was sent', () => {
    const both = tableWith([null, '/', 'root'], [null, '/slow', 'root']);
    expect(routeRequest(both, null, '/slow/../x')).toEqual({ pool: 'root', pathPrefix: '/slow' });
    expect(routeRequest(both, null, '/x/%2e%2e/slow')).toEqual({ pool: 'root', pathPrefix: '/' });
  });

  it('refuses a path that leaves the only route', () => {
    expect(routeRequest(tableWith([null, '/api', 'api']), null, '/api/../secret')).toBe('bad_request');
  });

  it('refuses to read very long paths in other ways, but only where it would matter', () => {
    const long = `/${'%2e'.repeat(MAX_AMBIGUOUS_PATH)}`;
    expect(routeRequest(tableWith([null, '/api', 'api'], [null, '/', 'api']), null, long)).toBe(
      'bad_request',
    );
    expect(routeRequest(tableWith([null, '/', 'api']), null, long)).not.toBe('bad_request');
    const plain = `/${'a'.repeat(2 * MAX_AMBIGUOUS_PATH)}`;
    expect(routeRequest(tableWith([null, '/api', 'api'], [null, '/', 'api']), null, plain)).not.toBe(
      'bad_request',
    );
  });
});
