/**
 * Where a Redis is and how to get in, as the connection needs it: addresses, passwords and certificates as text, read from
 * the files that the configuration names. The primary tells its workers in these words. Declared once: types and shapes.
 */
import { integer, list, nullable, object, tagged, text, type TypeOf } from './shape.js';

const MAX_HOST = 255;
/** Of a user name, a password, the name of a set of servers: Redis takes longer ones, people have none. */
const MAX_WORD = 1_024;
const MAX_PEM = 1_048_576;
const MAX_SERVERS = 100;

const server = object({ host: text(MAX_HOST), port: integer(1, 65_535) });

const servers = tagged('kind', {
  /** One server. `db`: number of its database. */
  single: object({ host: text(MAX_HOST), port: integer(1, 65_535), db: integer(0, 1_000_000) }),
  /** Sentinels, which know the present master by the name of its set. */
  sentinel: object({ sentinels: list(server, MAX_SERVERS), name: text(MAX_WORD) }),
  /** Some nodes of a Redis Cluster; the others are asked for. */
  cluster: object({ nodes: list(server, MAX_SERVERS) }),
});

export const redisAccess = object({
  servers,
  username: nullable(text(MAX_WORD)),
  password: nullable(text(MAX_WORD)),
  /** For the Sentinels, which have one of their own or none. */
  sentinelPassword: nullable(text(MAX_WORD)),
  tls: nullable(
    object({
      /** Authorities in PEM form that the server's certificate is checked by; `null`: those of the system. */
      ca: nullable(text(MAX_PEM)),
      /** Certificate and key that the server is shown, in PEM form. */
      client: nullable(object({ cert: text(MAX_PEM), key: text(MAX_PEM) })),
      /** Name that the server's certificate has to be for; `null`: the host that is asked. */
      serverName: nullable(text(MAX_HOST)),
    }),
  ),
});
export interface RedisAccess extends TypeOf<typeof redisAccess> {}
export type RedisServer = TypeOf<typeof server>;

const MAX_PREFIX = 256;

/** Where bindings of sessions are kept: by the primary, or in a Redis whose keys begin with `prefix`. */
export const sessionsAt = tagged('kind', {
  primary: object({}),
  redis: object({ access: redisAccess, prefix: text(MAX_PREFIX) }),
});
export type SessionsAt = TypeOf<typeof sessionsAt>;
