/**
 * Hashes that must give the same everywhere: which backend a session cookie names, which backend an address belongs
 * to. Not for keys: a client that knows the names can compute them.
 */

/** A 64-bit number as two unsigned halves. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const TWO_32 = 4_294_967_296;
/** The FNV prime for 64 bits is 2^40 + 0x1b3: a shift, and a product that a double holds exactly. */
const PRIME_LOW = 0x1b3;

/** FNV-1a, 64 bits, over the low bytes of a text's UTF-16 units (names are ASCII). Fowler, Noll, Vo: RFC 9923. */
export function fnv1a64(text: string): Hash64 {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = 0; i < text.length; i += 1) {
    low = (low ^ (text.charCodeAt(i) & 0xff)) >>> 0;
    const product = low * PRIME_LOW;
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / TWO_32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return { high, low };
}

/** 16 lower-case hexadecimal digits. */
export function hexOf(hash: Hash64): string {
  return hash.high.toString(16).padStart(8, '0') + hash.low.toString(16).padStart(8, '0');
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain): each input bit flips each output bit half the time. */
export function fmix32(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number in (0, 1) that depends on every bit of both hashes, 48 bits fine. Never 0 or 1, so its logarithm is finite. */
export function unitOf(a: Hash64, b: Hash64): number {
  const first = fmix32(fmix32(a.high ^ b.low) + b.high);
  const second = fmix32(fmix32(a.low ^ b.high) + first);
  return (first * 65_536 + (second >>> 16) + 0.5) / 281_474_976_710_656;
}
