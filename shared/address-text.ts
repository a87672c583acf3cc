/** Addresses as text in URLs and Host fields, with IPv6 in brackets (RFC 3986 §3.2.2). */

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Returns `host:port`. */
export function authorityOf({ host, port }: HostAndPort): string {
  return `${bracketed(host)}:${port}`;
}

/** Returns `http://host:port` or `https://host:port`. */
export function urlOf(address: HostAndPort & { readonly protocol: string }): string {
  return `${address.protocol}://${authorityOf(address)}`;
}
