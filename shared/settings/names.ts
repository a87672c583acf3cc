/** Kinds of names: names of pools and backends, hosts, and addresses. */
// oxlint-disable-next-line eslint/no-restricted-imports -- it reads addresses from text and is pure itself
import ipaddr from 'ipaddr.js';
import { bracketed, urlOf } from '../address-text.js';
import { isName, NAME_IN_WORDS, NAME_PATTERN, type BackendId, type PoolId } from '../ids.js';
import * as shapes from '../shape.js';
import { Expected, text, type Kind } from './kind.js';

/** The address of a backend: `http` or `https`, a host (name or address without brackets), and a port. */
export interface BackendAddress {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

const MAX_NAME = 64;
/** The longest name or address of a host, with brackets for IPv6. */
export const MAX_HOST = 255;
const MAX_BARE_HOST = MAX_HOST - '[]'.length;

/** Allows `_` anywhere. RFC 1123 does not, but DNS and the names of containers do (`my_service` in a compose file). */
const HOST_NAME = /^(?=.{1,253}$)\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*$/;

function nameOf<T extends string>(): Kind<T> {
  return text<T>({
    unit: 'a name',
    problemOf: (value) => (isName(value) ? null : `expected ${NAME_IN_WORDS}`),
    max: MAX_NAME,
    pattern: NAME_PATTERN,
  });
}

export const poolName = nameOf<PoolId>();
export const backendName = nameOf<BackendId>();
/** A name of a host or of a fleet. */
export const plainName = nameOf<string>();

export function isIpv4(value: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(value);
}

export function isIpv6(value: string): boolean {
  return value.includes(':') && ipaddr.IPv6.isValid(value);
}

/** Whether the value is a host name or address as in a URL, but without brackets. */
export function isHost(value: string): boolean {
  if (value.length > MAX_BARE_HOST) return false; // The zone of an IPv6 address may have any length.
  return isIpv4(value) || isIpv6(value) || (HOST_NAME.test(value) && !/^[\d.]+$/.test(value));
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIpv4(host) && host.startsWith('127.'));
}

/** The address that a listener binds to. */
export const bindAddress = text({
  unit: 'a host name or address',
  problemOf: (value) =>
    isHost(value)
      ? null
      : 'expected a host name or address such as 127.0.0.1 or ::1, without port and brackets',
  max: MAX_HOST,
});

/** The host that a request names: lower case, without port, IPv6 in brackets. */
export const requestHost: Kind<string> = {
  read: (raw) => {
    if (typeof raw !== 'string') return new Expected('expected a host name such as www.example.com');
    if (raw.includes('*')) return new Expected('expected a whole host name: wildcards are not supported');
    const bare = raw.startsWith('[') && raw.endsWith(']') ? raw.slice(1, -1) : raw;
    if (!isHost(bare)) {
      return new Expected('expected a host name such as www.example.com, without scheme and port');
    }
    return bracketed(bare.toLowerCase());
  },
  write: (host) => host,
  // Requests of our own name it: whoever wrote the log, it must not end a line.
  shape: shapes.text(MAX_HOST, /^[!-~]+$/),
  json: { type: 'string', 'x-unit': 'host name' },
};

const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/;
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/;
const URL_EXPECTED = 'expected a URL such as http://10.0.0.1:8080';

/** `http` or `https`, host and port. The default port is 80 or 443. */
export const backendUrl: Kind<BackendAddress> = {
  read: readUrl,
  write: urlOf,
  shape: shapes.record<BackendAddress>({
    protocol: shapes.oneOf('http', 'https'),
    host: shapes.text(MAX_HOST),
    port: shapes.integer(1, 65_535),
  }),
  json: { type: 'string', 'x-unit': 'URL' },
};

function readUrl(raw: unknown): BackendAddress | Expected {
  const [matched, scheme = '', authority = '', rest = ''] =
    typeof raw === 'string' ? (URL_PARTS.exec(raw) ?? []) : [];
  if (matched === undefined) return new Expected(URL_EXPECTED);
  const protocol = scheme.toLowerCase();
  if (protocol !== 'http' && protocol !== 'https') {
    return new Expected('expected a URL with http:// or https://');
  }
  if (authority.includes('@')) return new Expected('expected a URL without user name and password');
  if (rest !== '' && rest !== '/') {
    return new Expected('expected a URL without path, query and fragment: the request’s own path is used');
  }
  const [, host = '', portText] = AUTHORITY.exec(authority) ?? [];
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  if (!isHost(bare) || host.startsWith('[') !== bare.includes(':')) return new Expected(hostExpected(bare));
  const port = portText === undefined ? (protocol === 'http' ? 80 : 443) : portOf(portText);
  if (port === null) return new Expected('expected a URL with a port from 1 to 65535');
  return { protocol, host: bare.toLowerCase(), port };
}

function hostExpected(host: string): string {
  const hint = /[^!-~]/.test(host) ? '; names beyond ASCII in their form with xn--' : '';
  return `expected a URL with a host name or address, IPv6 in brackets: http://[::1]:8080${hint}`;
}

function portOf(value: string): number | null {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}
