import { hasOtherReadings, otherReadings } from '../../../../data-plane/routing/path-readings.js';

describe('readings of a path', () => {
  it.each(['/', '/a/b', '/a.b/..c/.d', '/a/', '*', '', '/a-b_c~d'])('%j has one', (path) => {
    expect(hasOtherReadings(path)).toBe(false);
  });

  it.each<[string, string]>([
    ['/a/../b', '/b'],
    ['/a/./b', '/a/b'],
    ['/a/..', '/'],
    ['/a/.', '/a'],
    ['/../b', '/b'],
    ['/%61', '/a'],
    ['/a/%2e%2E/b', '/b'],
    ['/a%2fb', '/a/b'],
    ['/a%5c..%5Cb', '/b'],
    ['/a\\b', '/a/b'],
    ['//a', '/a'],
    ['/a//../b', '/a/b'],
    ['/a//../b', '/b'],
    ['/a;x=1/b', '/a/b'],
    ['/a/..;/b', '/b'],
    ['/%e2%82%ac', '/%e2%82%ac'],
    ['/a/..%2fb', '/..%2fb'.replace('/..', '/a/..')],
    ['*/..', '/'],
  ])('%j can be read as %j', (path, reading) => {
    expect(hasOtherReadings(path)).toBe(true);
    expect(otherReadings(path)).toContain(reading);
  });
});
