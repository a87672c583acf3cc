/**
 * How to reach a Redis: addresses, and passwords and certificates as text. They were read from the files that the
 * configuration names. The primary sends this to its workers. Types and shapes have one declaration.
 */
import { integer, list, nullable, object, tagged, text, type TypeOf } from './shape.js';

const MAX_HOST = 255;
/** The longest user name, password or set name, in characters. Redis accepts longer ones, but people do not use them. */
const MAX_WORD = 1_024;
const MAX_PEM = 1_048_576;
const MAX_SERVERS = 100;

const server = object({ host: text(MAX_HOST), port: integer(1, 65_535) });

const servers = tagged('kind', {
  /** One server. `db` is the number of its database. */
  single: object({ host: text(MAX_HOST), port: integer(1, 65_535), db: integer(0, 1_000_000) }),
  /** Sentinels, which find the present master by the name of its set. */
  sentinel: object({ sentinels: list(server, MAX_SERVERS), name: text(MAX_WORD) }),
  /** Some nodes of a Redis Cluster. The client asks them for the others. */
  cluster: object({ nodes: list(server, MAX_SERVERS) }),
});

export const redisAccess = object({
  servers,
  username: nullable(text(MAX_WORD)),
  password: nullable(text(MAX_WORD)),
  /** Password of the Sentinels; `null` if they have none. */
  sentinelPassword: nullable(text(MAX_WORD)),
  tls: nullable(
    object({
      /** Certificate authorities in PEM form that verify the server; `null` for those of the system. */
      ca: nullable(text(MAX_PEM)),
      /** Certificate and key for the server to verify, in PEM form. */
      client: nullable(object({ cert: text(MAX_PEM), key: text(MAX_PEM) })),
      /** The name that the server's certificate must contain; `null` for the host of the connection. */
      serverName: nullable(text(MAX_HOST)),
    }),
  ),
});
export interface RedisAccess extends TypeOf<typeof redisAccess> {}
export type RedisServer = TypeOf<typeof server>;

const MAX_PREFIX = 256;

/** Where session bindings are kept: in the primary, or in a Redis, with keys that begin with `prefix`. */
export const sessionsAt = tagged('kind', {
  primary: object({}),
  redis: object({ access: redisAccess, prefix: text(MAX_PREFIX) }),
});
export type SessionsAt = TypeOf<typeof sessionsAt>;
