/** What a check asks, of which port, and by which name it knows the backend. Pure. */
import net from 'node:net';
import tls from 'node:tls';
import { bracketed } from '#shared/address-text.js';
import type { BackendAddress, HealthCheckSettings } from '#shared/settings.js';

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const DEFAULT_FIELDS = { 'user-agent': 'tidegate-health-check', accept: '*/*' } as const;

export function portOf({ port }: BackendAddress, settings: HealthCheckSettings): number {
  return settings.port ?? port;
}

/** The name asked for over TLS, which the certificate must have. */
export function tlsNameOf(
  { host }: BackendAddress,
  settings: HealthCheckSettings,
): Pick<tls.ConnectionOptions, 'servername' | 'checkServerIdentity'> {
  const name = (settings.host ?? host).replace(/^\[(.*)\]$/, '$1');
  // An IP address may not be sent as a server name (RFC 6066 §3), but the certificate must still be valid for it.
  return net.isIP(name) === 0
    ? { servername: name }
    : { checkServerIdentity: (_asked, certificate) => tls.checkServerIdentity(name, certificate) };
}

/** The request as text, to be written in Latin-1. */
export function requestTo(address: BackendAddress, settings: HealthCheckSettings): string {
  const { method, path, headers } = settings;
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const defaults = Object.entries(DEFAULT_FIELDS).filter(([name]) => !given.has(name));
  const fields = [
    ['host', settings.host ?? authorityOf(address, settings)],
    ...defaults,
    ...Object.entries(headers),
  ];
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${path} HTTP/1.1\r\n${lines}connection: close\r\n\r\n`;
}

function authorityOf(address: BackendAddress, settings: HealthCheckSettings): string {
  const { protocol, host } = address;
  const port = portOf(address, settings);
  const name = bracketed(host);
  return port === DEFAULT_PORTS[protocol] ? name : `${name}:${port}`;
}
