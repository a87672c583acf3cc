/** Laws: the client is the rightmost address that is no trusted proxy; networks hold what Node's BlockList says they hold. */
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { resolveClient } from '../../data-plane/routing/client-address.js';
import { formatAddress, parseAddress } from '../../data-plane/routing/ip-address.js';
import { isTrusted, parseTrusted } from '../../data-plane/routing/trusted-proxies.js';

const small = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.2',
  '203.0.113.1',
  '203.0.113.2',
  '2001:db8::1',
  '2001:db9::1',
  '::ffff:10.0.0.3',
);
const PROXIES = ['10.0.0.0/8', '2001:db8::/32'];
const canonical = (text: string): string => formatAddress(parseAddress(text)!);

describe('the client', () => {
  it('is the rightmost that is not trusted, or the leftmost of all', () => {
    const trusted = parseTrusted(PROXIES);
    const isProxy = (text: string): boolean => isTrusted(parseAddress(text)!, trusted);
    fc.assert(
      fc.property(small, fc.array(small, { maxLength: 8 }), (peer, chain) => {
        const hops = [...chain, peer];
        const expected = isProxy(peer) ? (hops.findLast((hop) => !isProxy(hop)) ?? hops[0]!) : peer;
        const forwardedFor = chain.length === 0 ? null : chain.join(', ');
        const facts = {
          peer,
          secure: false,
          forwardedFor,
          forwardedProto: null,
          forwardedHost: null,
          host: null,
        };
        expect(resolveClient(facts, trusted).address).toBe(canonical(expected));
      }),
    );
  });

  it('is never taken from what an untrusted peer says', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.string(), fc.string(), (peer, forwardedFor, forwardedProto) => {
        const facts = { peer, secure: false, forwardedFor, forwardedProto, forwardedHost: 'x', host: 'h' };
        expect(resolveClient(facts, parseTrusted([]))).toMatchObject({
          address: peer,
          secure: false,
          forwardedFor: peer,
          forwardedHost: 'h',
        });
      }),
    );
  });
});

describe('an address', () => {
  it('is read from every way of writing it, and written in one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = parseAddress(text);
        expect(address).not.toBeNull();
        const written = formatAddress(address!);
        expect(parseAddress(written)).toEqual(address);
        // The URL parser is another implementation of the same canonical form.
        if (address!.family === 6) expect(`[${written}]`).toBe(new URL(`http://[${text}]`).hostname);
      }),
    );
  });
});

describe('a network', () => {
  const network4 = fc.tuple(fc.ipV4(), fc.nat(32));
  const network6 = fc.tuple(fc.ipV6(), fc.nat(128));
  const near = (base: string, family: 4 | 6, flip: number): string => {
    const { words } = parseAddress(base)!;
    const bit = flip % (32 * words.length);
    const changed = words.map((word, i) =>
      i === bit >> 5 ? (word ^ (0x80000000 >>> (bit & 31))) >>> 0 : word,
    );
    return formatAddress({ family, words: changed });
  };

  it('holds the IPv4 addresses that it should', () => {
    fc.assert(
      fc.property(network4, fc.nat(31), fc.ipV4(), ([base, bits], flip, other) => {
        const list = new BlockList();
        list.addSubnet(base, bits, 'ipv4');
        const trusted = parseTrusted([`${base}/${bits}`]);
        for (const address of [base, near(base, 4, flip), other]) {
          expect(isTrusted(parseAddress(address)!, trusted)).toBe(list.check(address, 'ipv4'));
        }
      }),
    );
  });

  it('holds the IPv6 addresses that it should', () => {
    fc.assert(
      fc.property(network6, fc.nat(127), fc.ipV6(), ([base, bits], flip, other) => {
        fc.pre(parseAddress(base)!.family === 6 && parseAddress(other)!.family === 6);
        const list = new BlockList();
        list.addSubnet(base, bits, 'ipv6');
        const trusted = parseTrusted([`${base}/${bits}`]);
        for (const address of [base, near(base, 6, flip), other]) {
          fc.pre(parseAddress(address)!.family === 6);
          expect(isTrusted(parseAddress(address)!, trusted)).toBe(list.check(address, 'ipv6'));
        }
      }),
    );
  });
});
