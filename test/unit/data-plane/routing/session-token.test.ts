import {
  formatToken,
  parseToken,
  signedText,
  tokenHead,
} from '../../../../data-plane/routing/session-token.js';
import { poolId } from '../../../../shared/ids.js';

const FIELDS = {
  session: 'AAECAwQFBgcICQoLDA0ODw',
  backendHash: '1c439354cf4dd38d',
  issuedS: 1_700_000_000,
  seenS: 4_294_967_295,
};
const MAC = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
const HEAD = 'v1.k1.AAECAwQFBgcICQoLDA0ODxxDk1TPTdONZVPxAP____8';
const TOKEN = `${HEAD}.__79_Pv6-fj39vX08_Lx8A`;

describe('session token', () => {
  it('is written as documented', () => {
    expect(tokenHead('k1', FIELDS)).toBe(HEAD);
    expect(formatToken(HEAD, MAC)).toBe(TOKEN);
  });

  it('is read back', () => {
    expect(parseToken(TOKEN)).toEqual({ kid: 'k1', fields: FIELDS, mac: MAC, head: HEAD });
  });

  it('is signed for one pool', () => {
    expect(signedText(HEAD, poolId('a'))).not.toBe(signedText(HEAD, poolId('b')));
    expect(signedText(HEAD, poolId('a'))).toBe(`${HEAD}|a`);
  });

  it.each([
    '',
    HEAD,
    TOKEN.replace('v1', 'v2'),
    TOKEN.replace('.k1.', '..'),
    TOKEN.replace('.k1.', '.seventeen-letters.'),
    `${TOKEN}A`,
    TOKEN.slice(0, -1),
    TOKEN.replace('AAEC', 'AA+C'),
    // Other spellings of the same bytes: bits after the last byte are set.
    TOKEN.replace('8A', '8B'),
    TOKEN.replace('____8.', '____9.'),
    `${TOKEN}\n`,
  ])('is not %j', (text) => {
    expect(parseToken(text)).toBeNull();
  });

  it('is not written for what is no session or no hash', () => {
    expect(tokenHead('k1', { ...FIELDS, session: 'AAAA' })).toBeNull();
    expect(tokenHead('k1', { ...FIELDS, session: '!' })).toBeNull();
    expect(tokenHead('k1', { ...FIELDS, backendHash: 'xyz' })).toBeNull();
  });
});
