/** Options of one backend: its name, its address and its share of traffic. */
import { z } from 'zod';
import { NAME_IN_WORDS, isName } from '#shared/ids.js';
import type { BackendAddress } from '#shared/settings.js';
import { isHost } from './listen-options.js';
import { integer } from './amount-options.js';
import { type Description, Expected, option, text } from './option.js';

const NAME_EXPECTED = `expected ${NAME_IN_WORDS}`;

/** Kind of text for names of pools and backends. */
export const nameText = {
  unit: 'a name',
  problemOf: (value: string) => (isName(value) ? null : NAME_EXPECTED),
};

const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/;
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/;

/** `http` or `https`, host and port. Without port: 80 or 443. */
export function parseBackendUrl(url: string): BackendAddress | Expected {
  const [matched, scheme = '', authority = '', rest = ''] = URL_PARTS.exec(url) ?? [];
  if (matched === undefined) return new Expected('expected a URL such as http://10.0.0.1:8080');
  const protocol = scheme.toLowerCase();
  if (protocol !== 'http' && protocol !== 'https')
    return new Expected('expected a URL with http:// or https://');
  if (authority.includes('@')) return new Expected('expected a URL without user name and password');
  if (rest !== '' && rest !== '/') {
    return new Expected('expected a URL without path, query and fragment: the request’s own path is used');
  }
  const [, host = '', portText] = AUTHORITY.exec(authority) ?? [];
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  if (!isHost(bare) || host.startsWith('[') !== bare.includes(':')) {
    return new Expected(hostExpected(bare));
  }
  const port = portText === undefined ? (protocol === 'http' ? 80 : 443) : portOf(portText);
  if (port === null) return new Expected('expected a URL with a port from 1 to 65535');
  return { protocol, host: bare.toLowerCase(), port };
}

function hostExpected(host: string): string {
  const hint = /[^!-~]/.test(host) ? '; names beyond ASCII in their form with xn--' : '';
  return `expected a URL with a host name or address, IPv6 in brackets: http://[::1]:8080${hint}`;
}

function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** Attempts that a backend is given at once. */
export function maxConnections(about: Description) {
  return integer({ min: 1, max: 1_000_000 }, about).optional();
}

export const backend = z
  .strictObject({
    id: text(nameText, {
      describe: 'Name of the backend, unique in its pool. It stays the same when the address changes.',
    }),
    url: option<BackendAddress>(
      (raw) =>
        typeof raw === 'string'
          ? parseBackendUrl(raw)
          : new Expected('expected a URL such as http://10.0.0.1:8080'),
      { describe: '`http://` or `https://`, host and port. No path, query or password.' },
      { type: 'string', 'x-unit': 'URL' },
    ),
    weight: integer(
      { min: 0, max: 1_000 },
      {
        describe:
          'Relative share of traffic; with `round-robin` all but 0 are equal. 0: no new traffic, sticky sessions stay.',
      },
    ).prefault(1),
    max_connections: maxConnections({
      describe: 'As in the pool, for this backend alone.',
      defaultText: 'max_connections of the pool',
    }),
  })
  .meta({ description: 'One server.' });
