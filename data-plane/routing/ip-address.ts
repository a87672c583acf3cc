/**
 * IP addresses in pure code: text to words and back. An IPv4 address mapped into IPv6 (::ffff:a.b.c.d, RFC 4291 §2.5.5.2)
 * is the IPv4 address: dual-stack sockets report clients like that. Zones (`%eth0`) are not part of an address.
 */

export interface IpAddress {
  readonly family: 4 | 6;
  /** Unsigned 32-bit words, the most significant first: four, or one for IPv4. */
  readonly words: readonly number[];
}

/** Longest text looked at: a full IPv6 address with an IPv4 tail and a zone. */
const MAX_TEXT = 64;
const DECIMAL = /^(?:0|[1-9][0-9]{0,2})$/;
const HEXADECIMAL = /^[0-9a-fA-F]{1,4}$/;

/** `null` for what is no address. Strict: no leading zeros in IPv4 (RFC 6943 §3.1.1), at most one `::`. */
export function parseAddress(text: string): IpAddress | null {
  if (text.length > MAX_TEXT) return null;
  if (!text.includes(':')) {
    const word = parseIpv4(text);
    return word === null ? null : { family: 4, words: [word] };
  }
  const zone = text.indexOf('%');
  const words = parseIpv6(zone < 0 ? text : text.slice(0, zone));
  if (words === null) return null;
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return isMapped ? { family: 4, words: words.slice(3) } : { family: 6, words };
}

/** Canonical text: dotted decimal, or RFC 5952 (lower case, the longest run of zeros left out). */
export function formatAddress(address: IpAddress): string {
  if (address.family === 4) return address.words.flatMap(bytesOf).join('.');
  const groups = address.words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const [start, length] = longestZeroRun(groups);
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** The network of `bits` bits that the address is in: the address with all other bits 0. */
export function maskAddress(address: IpAddress, bits: number): IpAddress {
  const words = address.words.map((word, i) => (word & wordMask(bits - 32 * i)) >>> 0);
  return { family: address.family, words };
}

function wordMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

function parseIpv4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    const byte = DECIMAL.test(part) ? Number(part) : 256;
    if (byte > 255) return null;
    word = word * 256 + byte;
  }
  return word;
}

function bytesOf(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}

function parseIpv6(text: string): number[] | null {
  const gap = text.indexOf('::');
  // An IPv4 tail may only end the whole address. A second `::` leaves an empty group, which is refused.
  const before = parseGroups(gap < 0 ? text : text.slice(0, gap), gap < 0);
  const after = parseGroups(gap < 0 ? '' : text.slice(gap + 2), true);
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return null;
  const words: number[] = [];
  let high = 0;
  const groups = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  for (const [i, group] of groups.entries()) {
    if (i % 2 === 0) high = group;
    else words.push(high * 65_536 + group);
  }
  return words;
}

/** 16-bit groups of one side of `::`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (HEXADECIMAL.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const word = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : null;
    if (word === null) return null;
    groups.push(word >>> 16, word & 0xffff);
  }
  return groups;
}

/** Start and length of the first of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): [number, number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best[1]) best = [start, i + 1 - start];
  }
  return best;
}
