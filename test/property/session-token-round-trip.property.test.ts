/** Laws: a token is read as it was written, reading never throws, and each value has one text. */
import fc from 'fast-check';
import { decodeBase64url, encodeBase64url } from '../../data-plane/routing/base64url.js';
import { formatToken, parseToken, tokenHead } from '../../data-plane/routing/session-token.js';

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('base64url', () => {
  it('is read as it was written, as Node writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64url(text)).toEqual(bytes);
      }),
    );
  });

  it('is read from nothing but what would be written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9_-]{0,24}$/)), (text) => {
        const bytes = decodeBase64url(text);
        if (bytes !== null) expect(encodeBase64url(bytes)).toBe(text);
      }),
    );
  });
});

describe('a session token', () => {
  it('is read as it was written', () => {
    const fields = fc.record({
      session: bytes16.map((bytes) => encodeBase64url(bytes)),
      backendHash: fc.stringMatching(/^[0-9a-f]{16}$/),
      issuedS: fc.nat(0xffffffff),
      seenS: fc.nat(0xffffffff),
    });
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,16}$/), fields, bytes16, (kid, given, mac) => {
        const head = tokenHead(kid, given)!;
        expect(parseToken(formatToken(head, mac))).toEqual({ kid, fields: given, mac, head });
      }),
    );
  });

  it('is read from nothing else, without ever throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^v1\.[a-z]{1,3}\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{22}$/)),
        (text) => {
          const token = parseToken(text);
          if (token === null) return;
          expect(tokenHead(token.kid, token.fields)).toBe(token.head);
          expect(formatToken(token.head, token.mac)).toBe(text);
        },
      ),
    );
  });
});
