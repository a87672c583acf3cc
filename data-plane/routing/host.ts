/** The host that a request is for, in the one form in which routes are compared. Checks no more than routing needs. */
import { formatAddress, parseAddress } from './ip-address.js';

const PORT = /^(?::[0-9]*)?$/;
/** What cannot be in a host: a user name's `@`, a list's comma, delimiters, white space, another colon. */
const NOT_IN_HOST = /[\s@,/\\?#:[\]]/;

/**
 * Lower case, no port, no trailing dot, an IPv6 address in RFC 5952 form without brackets. `null` for what is not
 * `host [":" port]` (RFC 9110 §7.2): it then matches only routes for any host.
 */
export function normaliseHost(authority: string): string | null {
  if (authority.startsWith('[')) {
    const end = authority.indexOf(']');
    const address = parseAddress(authority.slice(1, end));
    return end > 0 && address !== null && PORT.test(authority.slice(end + 1)) ? formatAddress(address) : null;
  }
  const colon = authority.indexOf(':');
  const host = colon < 0 ? authority : authority.slice(0, colon);
  if (colon >= 0 && !PORT.test(authority.slice(colon))) return null;
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name === '' || NOT_IN_HOST.test(name) ? null : name.toLowerCase();
}

/** The same for the host of a route, which has no port and may be an IPv6 address with or without brackets. */
export function normaliseRouteHost(host: string): string {
  const address = parseAddress(host);
  return address === null ? (normaliseHost(host) ?? host.toLowerCase()) : formatAddress(address);
}
