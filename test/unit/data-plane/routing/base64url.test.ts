import { decodeBase64url, encodeBase64url } from '../../../../data-plane/routing/base64url.js';

describe('base64url', () => {
  it.each([0, 1, 2, 3, 4, 15, 16, 32])('writes and reads %i bytes as Node does', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 67 + 251) & 255);
    const text = Buffer.from(bytes).toString('base64url');
    expect(encodeBase64url(bytes)).toBe(text);
    expect(decodeBase64url(text)).toEqual(bytes);
  });

  it.each(['A', 'AAAAA', 'AB', 'AAB', 'AA==', 'A+', 'A/', 'A A', 'é'])(
    'refuses %j, which nothing is written as',
    (text) => {
      expect(decodeBase64url(text)).toBeNull();
    },
  );
});
