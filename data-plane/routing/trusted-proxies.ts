/** Networks whose `X-Forwarded-*` fields are believed. */
import { assert } from '#shared/assert.js';
import { type IpAddress, maskAddress, parseAddress } from './ip-address.js';

interface Network {
  readonly base: IpAddress;
  readonly bits: number;
}

export interface TrustedProxies {
  readonly networks: readonly Network[];
}

const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;

/**
 * `address/bits`, or an address alone for a single host. `null` when it is neither. An IPv4 network mapped into IPv6
 * (`::ffff:10.0.0.0/104`) is the IPv4 network; `::/0` holds no IPv4 address.
 */
export function parseCidr(text: string): Network | null {
  const slash = text.indexOf('/');
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(addressText);
  if (address === null) return null;
  const written = addressText.includes(':') ? 128 : 32;
  const prefix = slash < 0 ? String(written) : text.slice(slash + 1);
  const given = PREFIX.test(prefix) ? Number(prefix) : 129;
  // Of a mapped address the first 96 bits are the mapping.
  const bits = given - (written - 32 * address.words.length);
  if (given > written || bits < 0) return null;
  return { base: maskAddress(address, bits), bits };
}

/** The configuration was checked where it was read: a text that is no network is a bug here. */
export function parseTrusted(cidrs: readonly string[]): TrustedProxies {
  const networks = cidrs.map((text) => {
    const network = parseCidr(text);
    assert(network !== null, `not a network: ${text}`);
    return network;
  });
  return { networks };
}

/** Whether the address is in one of the networks. O(networks): ask once per connection, not per request. */
export function isTrusted(address: IpAddress, trusted: TrustedProxies): boolean {
  return trusted.networks.some(({ base, bits }) => {
    if (base.family !== address.family) return false;
    const masked = maskAddress(address, bits);
    return masked.words.every((word, i) => word === base.words[i]);
  });
}
