import { schemeEnd } from '../../../../../data-plane/http1/wire/target.js';

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
