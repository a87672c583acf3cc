import { checkPath, schemeEnd } from '../../../../../data-plane/http1/wire/target.js';

const check = (path: string): string | null =>
  checkPath(Buffer.from(`.${path}41`, 'latin1'), 1, 1 + path.length);

describe('a path', () => {
  it.each([
    '/',
    '/a',
    '/.',
    '/./a',
    '/...',
    '/..a',
    '/a..',
    '/a../b',
    '/%2e',
    '/%2e%2e%2e',
    '/a%2fb',
    '/a;..',
    '/%ff',
    '/.;/..;a/x'.replace('..;a', '..a'),
  ])('goes on as it is: %s', (path) => {
    expect(check(path)).toBeNull();
  });

  it.each([
    '/..',
    '/../',
    '/a/..',
    '/%2e%2E',
    '/.%2e/a',
    '/..%2f',
    '/a%2f..%2fb',
    '/..%5c',
    '/..;',
    '/..;x=1/',
    '/%2E.;/a',
    '..',
  ])('is refused for its dot segments: %s', (path) => {
    expect(check(path)).toBe('target_traversal');
  });

  it.each(['/%', '/%4', '/%4x', '/%x4', '/%00', '/a%2'])('is refused for its percent sign: %s', (path) => {
    expect(check(path)).toBe('target_percent');
  });
});

describe('a scheme', () => {
  it.each([
    ['http://a', 7],
    ['HTTPS://a', 8],
    ['http:/a', -1],
    ['httpX//a', -1],
    ['ftp://a', -1],
    ['HTTP\x1a//', -1],
    ['', -1],
  ])('is http or https: %j', (text, end) => {
    expect(schemeEnd(Buffer.from(text, 'latin1'), 0)).toBe(end);
  });
});
