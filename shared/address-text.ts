/** Addresses as they stand in URLs and Host fields: IPv6 in brackets. */

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** `host:port`. */
export function authorityOf({ host, port }: HostAndPort): string {
  return `${bracketed(host)}:${port}`;
}

/** `http://host:port`. */
export function urlOf(address: HostAndPort & { readonly protocol: string }): string {
  return `${address.protocol}://${authorityOf(address)}`;
}
