import { normaliseHost, normaliseRouteHost } from '../../../../data-plane/routing/host.js';

describe('host', () => {
  it.each<[string, string | null]>([
    ['example.org', 'example.org'],
    ['EXAMPLE.Org:8080', 'example.org'],
    ['example.org.', 'example.org'],
    ['example.org.:80', 'example.org'],
    ['example.org:', 'example.org'],
    ['192.0.2.1:80', '192.0.2.1'],
    ['[::1]', '::1'],
    ['[2001:DB8:0::1]:443', '2001:db8::1'],
    ['', null],
    ['.', null],
    [':80', null],
    ['a:b', null],
    ['a:80:80', null],
    ['::1', null],
    ['user@example.org', null],
    ['a,b', null],
    ['a/b', null],
    ['a b', null],
    ['[::1', null],
    ['[]', null],
    ['[example.org]', null],
    ['[::1]x', null],
    ['[::1]:x', null],
  ])('%j is %j', (authority, host) => {
    expect(normaliseHost(authority)).toBe(host);
  });

  it.each([
    ['Example.ORG', 'example.org'],
    ['::0001', '::1'],
    ['[::1]', '::1'],
    ['192.0.2.1', '192.0.2.1'],
    ['Odd Host', 'odd host'],
  ])('of a route: %j is %j', (given, host) => {
    expect(normaliseRouteHost(given)).toBe(host);
  });
});
