import { fmix32, fnv1a64, hexOf, unitOf } from '../../../../data-plane/routing/hash.js';

describe('hash', () => {
  // From the test suite of the hash's authors (http://www.isthe.com/chongo/tech/comp/fnv/, RFC 9923 appendix).
  it.each([
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['b', 'af63df4c8601f1a5'],
    ['foo', 'dcb27518fed9d577'],
    ['foobar', '85944171f73967e8'],
  ])('is FNV-1a: %j', (text, hex) => {
    expect(hexOf(fnv1a64(text))).toBe(hex);
  });

  it('agrees with the definition in whole numbers', () => {
    const text = 'default\0backend-17';
    let expected = 0xcbf29ce484222325n;
    for (const character of text) {
      expected = BigInt.asUintN(64, (expected ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
    }
    expect(hexOf(fnv1a64(text))).toBe(expected.toString(16).padStart(16, '0'));
  });

  it('mixes 32 bits as MurmurHash3 does', () => {
    expect(fmix32(0)).toBe(0);
    expect(fmix32(1)).toBe(0x514e28b7);
    expect(fmix32(-1)).toBe(0x81f16f39);
  });

  it('gives numbers strictly between 0 and 1, spread evenly', () => {
    const ones = Array.from({ length: 10_000 }, (_, i) => unitOf(fnv1a64(`client${i}`), fnv1a64('a')));
    expect(ones.every((one) => one > 0 && one < 1)).toBe(true);
    const tenths = Array.from(
      { length: 10 },
      (_, i) => ones.filter((one) => Math.floor(one * 10) === i).length,
    );
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
