/** base64url without padding (RFC 4648 §5) in pure code. Decodes canonical text only, so that one value has one text. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (count += 8; count >= 6;) {
      count -= 6;
      text += ALPHABET.charAt((bits >> count) & 63);
    }
  }
  return count === 0 ? text : text + ALPHABET.charAt((bits << (6 - count)) & 63);
}

/** `null` for text that `encodeBase64url` does not give. */
export function decodeBase64url(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let filled = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[filled] = bits >> count;
    filled += 1;
  }
  // What is left must be less than a character, and zero.
  return count < 6 && (bits & ((1 << count) - 1)) === 0 ? bytes : null;
}
