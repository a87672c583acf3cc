import {
  type PeerConnection,
  parseTrusted,
  resolveClient,
} from '../../../../data-plane/routing/client-address.js';

const trusted = parseTrusted(['10.0.0.0/8', '2001:db8::/32']);
const PLAIN: PeerConnection = {
  peer: '10.0.0.1',
  secure: false,
  forwardedFor: null,
  forwardedProto: null,
  forwardedHost: null,
  host: 'example.org',
};

describe('client address', () => {
  it('is the peer when the peer is not trusted, whatever it says', () => {
    const claims = { forwardedFor: '1.1.1.1', forwardedProto: 'https', forwardedHost: 'evil.example' };
    expect(resolveClient({ ...PLAIN, ...claims, peer: '::ffff:203.0.113.9' }, trusted)).toEqual({
      address: '203.0.113.9',
      secure: false,
      trustedPeer: false,
      forwardedFor: '203.0.113.9',
      forwardedProto: 'http',
      forwardedHost: 'example.org',
    });
    expect(resolveClient({ ...PLAIN, ...claims, peer: '203.0.113.9', secure: true }, trusted)).toMatchObject({
      secure: true,
      forwardedProto: 'https',
    });
  });

  it('is the peer’s own text when that is no address', () => {
    expect(resolveClient({ ...PLAIN, peer: '' }, trusted)).toMatchObject({ address: '', trustedPeer: false });
  });

  it.each<[string, string | null, string]>([
    ['nobody named', null, '10.0.0.1'],
    ['empty', ' , ', '10.0.0.1'],
    ['one client', '203.0.113.9', '203.0.113.9'],
    ['invented ones on the left', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['through a second proxy', '1.1.1.1, 203.0.113.9, 10.0.0.7', '203.0.113.9'],
    ['empty members', ',203.0.113.9,, 10.0.0.7,', '203.0.113.9'],
    ['all trusted', '10.0.0.8, 10.0.0.7', '10.0.0.8'],
    ['hidden', '203.0.113.9, unknown, 10.0.0.7', '10.0.0.7'],
    ['with a port', '203.0.113.9:5678', '203.0.113.9'],
    ['IPv6', '2001:DB9::0:1', '2001:db9::1'],
    ['IPv6 in brackets', '[2001:db9::1]', '2001:db9::1'],
    ['IPv6 with a port', '[2001:db9::1]:443, [2001:db8::5]:1', '2001:db9::1'],
    ['half a bracket', '[2001:db9::1, 10.0.0.7', '10.0.0.7'],
    ['mapped', '::ffff:203.0.113.9', '203.0.113.9'],
  ])('behind a trusted peer: %s', (_, forwardedFor, expected) => {
    expect(resolveClient({ ...PLAIN, forwardedFor }, trusted).address).toBe(expected);
  });

  it('is handed on with the chain and the peer', () => {
    const facts = { ...PLAIN, forwardedFor: '1.1.1.1, 203.0.113.9', forwardedHost: 'shop.example' };
    expect(resolveClient(facts, trusted)).toMatchObject({
      forwardedFor: '1.1.1.1, 203.0.113.9, 10.0.0.1',
      forwardedHost: 'shop.example',
    });
    expect(resolveClient({ ...PLAIN, forwardedFor: ' ' }, trusted)).toMatchObject({
      forwardedFor: '10.0.0.1',
      forwardedHost: 'example.org',
    });
  });

  it.each<[string | null, boolean, boolean]>([
    [null, true, true],
    [null, false, false],
    ['https', false, true],
    ['HTTPS', false, true],
    ['wss', false, true],
    ['http', true, false],
    ['ws', true, false],
    ['https, http', true, false],
    ['http,https', false, true],
    ['ftp', true, true],
    ['', false, false],
  ])(
    'came over TLS: trusted peer says %j on a connection with TLS %s: %s',
    (forwardedProto, secure, expected) => {
      const client = resolveClient({ ...PLAIN, forwardedProto, secure }, trusted);
      expect(client).toMatchObject({ secure: expected, forwardedProto: expected ? 'https' : 'http' });
    },
  );
});
