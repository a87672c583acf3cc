import { NEED_MORE, findHeadEnd } from '../../../../../data-plane/http1/wire/head-end.js';

function find(text: string, scanned = 0, poison = ''): number {
  return findHeadEnd(Buffer.from(`\n\r\n${text}${poison}`, 'latin1'), 3, 3 + text.length, scanned) - 3;
}

describe('the end of a head', () => {
  it('is after the first empty line, at any distance', () => {
    for (let length = 0; length < 20; length++) {
      expect(find(`${'x'.repeat(length)}\r\n\r\nrest\r\n\r\n`)).toBe(length + 4);
    }
  });

  it('is not seen in what stands before or behind', () => {
    expect(find('\r\n', 0, '\r\n')).toBe(NEED_MORE - 3);
    expect(find('x\r\n\r', 0, '\n')).toBe(NEED_MORE - 3);
    expect(find('', 0, '\r\n\r\n')).toBe(NEED_MORE - 3);
  });

  it.each(['x', 'x\r', 'x\r\n', 'x\r\n\r', 'x\r\n\rx\r\n', '\r\r\n', 'x\r\ny\r\nz'])(
    'needs more: %j',
    (text) => {
      expect(find(text)).toBe(NEED_MORE - 3);
    },
  );

  it('is after a bare line feed, which ends every hope', () => {
    expect(find('\n')).toBe(1);
    expect(find('ab\n')).toBe(3);
    expect(find('a\r\nb\ncc')).toBe(5);
    expect(find('a\r\n\n')).toBe(4);
  });

  it('is found wherever the search was interrupted', () => {
    const text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    for (let scanned = 0; scanned < text.length; scanned++) expect(find(text, scanned)).toBe(text.length);
  });
});
