import { hostNameEnd } from '../../../../../data-plane/http1/wire/authority.js';

function nameOf(authority: string): string | null {
  const bytes = Buffer.from(`..${authority}:1]`, 'latin1');
  const end = hostNameEnd(bytes, 2, 2 + authority.length);
  return end < 0 ? null : authority.slice(0, end - 2);
}

describe('an authority', () => {
  it.each([
    ['a', 'a'],
    ['a.example:80', 'a.example'],
    ['a_b-c.example:0', 'a_b-c.example'],
    ['192.0.2.1:65535', '192.0.2.1'],
    ['a:', 'a'],
    ['[::]', '[::]'],
    ['[::1]:8080', '[::1]'],
    ['[1::]', '[1::]'],
    ['[2001:DB8::ff00:42:8329]', '[2001:DB8::ff00:42:8329]'],
    ['[1:2:3:4:5:6:7:8]', '[1:2:3:4:5:6:7:8]'],
    ['[1:2:3:4:5:6:192.0.2.1]', '[1:2:3:4:5:6:192.0.2.1]'],
    ['[::ffff:192.0.2.255]:1', '[::ffff:192.0.2.255]'],
  ])('is host and port: %s', (authority, name) => {
    expect(nameOf(authority)).toBe(name);
  });

  it.each([
    '',
    ':',
    ':80',
    'a:b',
    'a:65536',
    'a:100000',
    'a:1:2',
    'a b',
    'a,b',
    'u@a',
    'a/b',
    'a%41',
    'a\x80',
    '[',
    '[]',
    '[]:80',
    '[1]',
    '[:1]',
    '[1:]',
    '[::1',
    '[:::]',
    '[1:::2]',
    '[1::2::3]',
    '[12345::]',
    '[g::]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7::8]',
    '[1:2:3:4:5:6:7]',
    '[::1]a',
    '[::1]:x',
    '[fe80::1%25eth0]',
    '[v1.x]',
    '[1.2.3.4]',
    '[::1.2.3]',
    '[::1.2.3.4.5]',
    '[::1.2.3.256]',
    '[::1.2.3.04]',
    '[::1.2.3.]',
    '[::1.2.3.1234]',
    '[::a.2.3.4]',
    '[::1.2.3.4:5]',
  ])('is refused: %j', (authority) => {
    expect(nameOf(authority)).toBeNull();
  });
});
