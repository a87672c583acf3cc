/** Kinds of addresses of other servers: Redis, its Sentinels, the nodes of a Redis Cluster. */
import { authorityOf, bracketed } from '../address-text.js';
import * as shapes from '../shape.js';
import { Expected, type Kind } from './kind.js';
import { isHost, MAX_HOST } from './names.js';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** `db` is the number of the database. `tls` is true for the scheme `rediss`. */
export interface RedisUrl extends ServerAddress {
  readonly db: number;
  readonly tls: boolean;
}

const REDIS_PORT = 6_379;
const MAX_DB = 1_000_000;

const URL_EXPECTED =
  'expected a URL such as redis://10.0.0.1:6379, rediss:// for TLS, with the number of the database as its path or none';
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/;

/** `redis://host:port/db`, or `rediss://` for TLS. */
export const redisUrl: Kind<RedisUrl> = {
  read: readRedisUrl,
  write: ({ host, port, db, tls }) =>
    `redis${tls ? 's' : ''}://${bracketed(host)}:${port}${db === 0 ? '' : `/${db}`}`,
  shape: shapes.record<RedisUrl>({
    host: shapes.text(MAX_HOST),
    port: shapes.integer(1, 65_535),
    db: shapes.integer(0, MAX_DB),
    tls: shapes.flag,
  }),
  json: { type: 'string', 'x-unit': 'URL' },
};

function readRedisUrl(raw: unknown): RedisUrl | Expected {
  const [matched, scheme = '', authority = '', path = ''] =
    typeof raw === 'string' ? (/^(rediss?):\/\/([^/?#]*)\/?(.*)$/i.exec(raw) ?? []) : [];
  if (matched === undefined) return new Expected(URL_EXPECTED);
  if (authority.includes('@')) {
    return new Expected(
      'expected a URL without user name and password: the password stands in a file that password_file names, the user in username',
    );
  }
  const address = addressOf(authority, REDIS_PORT);
  if (address === null || !/^\d{0,7}$/.test(path) || Number(path) > MAX_DB) return new Expected(URL_EXPECTED);
  return { ...address, db: Number(path), tls: scheme.toLowerCase() === 'rediss' };
}

/** `host:port`, with `defaultPort` if the port is missing. */
export function serverAddress(defaultPort: number): Kind<ServerAddress> {
  return {
    read: (raw) =>
      (typeof raw === 'string' ? addressOf(raw, defaultPort) : null) ??
      new Expected(`expected HOST:PORT such as 10.0.0.1:${defaultPort}, IPv6 in brackets`),
    write: authorityOf,
    shape: shapes.record<ServerAddress>({ host: shapes.text(MAX_HOST), port: shapes.integer(1, 65_535) }),
    json: { type: 'string', 'x-unit': 'HOST:PORT' },
  };
}

function addressOf(text: string, defaultPort: number): ServerAddress | null {
  const [matched, host = '', portText] = AUTHORITY.exec(text) ?? [];
  if (matched === undefined) return null;
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  const port = portText === undefined ? defaultPort : Number(portText);
  if (!isHost(bare) || host.startsWith('[') !== bare.includes(':')) return null;
  return port >= 1 && port <= 65_535 ? { host: bare.toLowerCase(), port } : null;
}
