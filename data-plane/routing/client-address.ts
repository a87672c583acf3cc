/**
 * Who the client is, and what to tell the backend about it. A peer that is not trusted is the client, and its `X-Forwarded-*`
 * fields are dropped. A trusted peer is believed: the client is the rightmost address in `X-Forwarded-For` that is not a
 * trusted proxy itself, because everything left of it may be invented.
 */
import { formatAddress, parseAddress } from './ip-address.js';
import { type TrustedProxies, isTrusted } from './trusted-proxies.js';

export { type TrustedProxies, parseTrusted } from './trusted-proxies.js';

export interface PeerConnection {
  /** Address of the peer of the connection, as the socket tells it. */
  readonly peer: string;
  /** The connection is TLS. */
  readonly secure: boolean;
  /** All `X-Forwarded-For` fields joined with commas; `null` without any. */
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
  readonly forwardedHost: string | null;
  /** The request's authority as sent: `Host`, or that of the target. */
  readonly host: string | null;
}

export interface Client {
  /** In canonical text; IPv4 mapped into IPv6 as IPv4. */
  readonly address: string;
  /** The client's own connection is TLS, as far as is known. */
  readonly secure: boolean;
  readonly trustedPeer: boolean;
  /** Values of the fields to send to the backend. */
  readonly forwardedFor: string;
  readonly forwardedProto: 'http' | 'https';
  readonly forwardedHost: string | null;
}

export function resolveClient(connection: PeerConnection, trusted: TrustedProxies): Client {
  const peerAddress = parseAddress(connection.peer);
  const peer = peerAddress === null ? connection.peer : formatAddress(peerAddress);
  if (peerAddress === null || !isTrusted(peerAddress, trusted)) {
    return {
      address: peer,
      secure: connection.secure,
      trustedPeer: false,
      forwardedFor: peer,
      forwardedProto: connection.secure ? 'https' : 'http',
      forwardedHost: connection.host,
    };
  }
  const secure = forwardedSecure(connection.forwardedProto) ?? connection.secure;
  const chain = connection.forwardedFor ?? '';
  return {
    address: walk(peer, chain, trusted),
    secure,
    trustedPeer: true,
    forwardedFor: chain.trim() === '' ? peer : `${chain}, ${peer}`,
    forwardedProto: secure ? 'https' : 'http',
    forwardedHost: connection.forwardedHost ?? connection.host,
  };
}

/** Walks from right to left, up to the first address that is not trusted. A member that is no address (`unknown`) ends the walk. */
function walk(peer: string, chain: string, trusted: TrustedProxies): string {
  let client = peer;
  let end = chain.length;
  while (end >= 0) {
    const comma = end === 0 ? -1 : chain.lastIndexOf(',', end - 1);
    const member = chain.slice(comma + 1, end).trim();
    end = comma;
    // A list may have empty members (RFC 9110 §5.6.1.2).
    if (member === '') continue;
    const address = parseAddress(withoutPort(member));
    if (address === null) break;
    client = formatAddress(address);
    if (!isTrusted(address, trusted)) break;
  }
  return client;
}

/** Some proxies add the port: `192.0.2.1:5678`, `[2001:db8::1]:5678`. */
function withoutPort(member: string): string {
  if (/^\[[^\]]*\](?::\d{1,5})?$/.test(member)) return member.slice(1, member.indexOf(']'));
  return /^[^:]*:\d{1,5}$/.test(member) ? member.slice(0, member.indexOf(':')) : member;
}

/** Of a list the last member counts: the one that the trusted peer added. */
function forwardedSecure(value: string | null): boolean | null {
  const last = value
    ?.slice(value.lastIndexOf(',') + 1)
    .trim()
    .toLowerCase();
  if (last === 'https' || last === 'wss') return true;
  return last === 'http' || last === 'ws' ? false : null;
}
