import { parseAddress } from '../../../../data-plane/routing/ip-address.js';
import { isTrusted, parseCidr, parseTrusted } from '../../../../data-plane/routing/trusted-proxies.js';

const trusts = (cidrs: string[], address: string): boolean =>
  isTrusted(parseAddress(address)!, parseTrusted(cidrs));

describe('trusted proxies', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::1', '::1', true],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.0.0.1', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['::ffff:10.0.0.1', '10.0.0.2', false],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '::1', false],
  ])('%s holds %s: %s', (cidr, address, expected) => {
    expect(trusts([cidr], address)).toBe(expected);
    expect(trusts(['198.51.100.0/24', cidr], address)).toBe(expected);
  });

  it('trusts nobody without networks', () => {
    expect(trusts([], '127.0.0.1')).toBe(false);
  });

  it.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    '::ffff:10.0.0.0/95',
    'example.org',
    '10.0.0/8',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeNull();
    expect(() => parseTrusted([text])).toThrow('not a network');
  });
});
