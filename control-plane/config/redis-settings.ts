/**
 * Settings of hosts that share a Redis: where it is, and the names of the cluster and of this host. Changing one needs
 * a restart.
 */
import { integer } from '#shared/settings/amounts.js';
import { listOf, path, text, toggle } from '#shared/settings/kind.js';
import { bindAddress, plainName } from '#shared/settings/names.js';
import { redisUrl, serverAddress } from '#shared/settings/servers.js';
import {
  optionalGroup,
  orNull,
  section,
  setting,
  switched,
  type SettingsOf,
} from '#shared/settings/section.js';

const MAX_SERVERS = 100;
const MAX_WORD = 1_024;

const servers = (defaultPort: number) =>
  listOf(serverAddress(defaultPort), {
    max: MAX_SERVERS,
    min: 1,
    unit: 'list of HOST:PORT',
    expected: 'expected a list of HOST:PORT',
  });

const word = text<string>({
  unit: 'a name',
  problemOf: (value) => (value === '' ? 'expected a name, not an empty text' : null),
  max: MAX_WORD,
});

const tls = section({
  caFile: orNull('ca_file', path, {
    means: 'Certificate authorities in PEM form, by which the certificates of the servers are checked.',
    defaultText: 'those of the system',
  }),
  certFile: orNull('cert_file', path, {
    means: 'Certificate in PEM form by which this host identifies itself, together with `key_file`.',
  }),
  keyFile: orNull('key_file', path, { means: 'Private key of this certificate in PEM form.' }),
  serverName: orNull('server_name', bindAddress, {
    means: 'Name that the certificates of the servers must have.',
    defaultText: 'the host that Tidegate connects to',
  }),
});

/** How to reach one Redis. `redis-checks.ts` says which of these settings go together. */
const reach = {
  url: orNull('url', redisUrl, {
    means:
      'One server: `redis://HOST:PORT/DATABASE`, `rediss://` for TLS. User name and password belong in `username` and `password_file`, never here.',
  }),
  sentinels: orNull('sentinels', servers(26_379), {
    means: 'Sentinels, which know the present master of the servers called `name`.',
  }),
  name: orNull('name', word, { means: 'Name of the set of servers, as the Sentinels know it.' }),
  cluster: orNull('cluster', servers(6_379), {
    means: 'Some nodes of a Redis Cluster, which know the others.',
  }),
  username: orNull('username', word, {
    means: 'User name in the access control list (ACL) of Redis.',
    defaultText: '`default`, where there is a password',
  }),
  passwordFile: orNull('password_file', path, { means: 'File with the password.' }),
  sentinelPasswordFile: orNull('sentinel_password_file', path, {
    means: 'File with the password of the Sentinels, if they require one.',
  }),
  tls: switched('tls', tls, {
    isOn: false,
    means: 'TLS to the servers. With a `url`, its scheme decides whether TLS is used, and this section how.',
    enabledMeans: 'Whether connections to the servers use TLS.',
  }),
};

const oneRedis = section(reach);
/** How to reach one Redis, as the file says it. */
export type RedisReach = SettingsOf<typeof oneRedis>;

/** Replicas that an append can wait for. */
const MAX_REPLICAS = 16;

const controlRedis = {
  ...reach,
  waitReplicas: setting('wait_replicas', integer(0, MAX_REPLICAS), 0, {
    means:
      'A change of the fleet is answered when so many replicas of Redis have it, after 100 ms at the latest. Fewer of them refuse ' +
      'nothing: `status`, the log and `tidegate_fleet_appends_unreplicated_total` tell. Not with `cluster`.',
  }),
};

export const redisSection = section({
  ...controlRedis,
  control: optionalGroup('control', section(controlRedis), 'A Redis only for what hosts agree on.'),
  sessions: optionalGroup('sessions', oneRedis, 'A Redis only for the bindings of sessions.'),
});
export type RedisSettings = SettingsOf<typeof redisSection>;

/** Replicas of the Redis for what hosts agree on that have to have a change before it is answered. */
export function waitReplicasOf(redis: RedisSettings | undefined): number {
  return (redis?.control ?? redis)?.waitReplicas ?? 0;
}

export const clusterSection = section({
  name: orNull('name', plainName, {
    means: 'Name of the cluster. All hosts with the same name in the same Redis belong to one cluster.',
    defaultText: 'required with `redis`',
  }),
  host: orNull('host', plainName, {
    means:
      'Name of this host in the cluster, in events and in logs. No two hosts of a cluster may have the same name.',
    defaultText: 'the host name of the system',
  }),
  secretFile: orNull('secret_file', path, {
    means:
      'File with a secret that all hosts share (`openssl rand -base64 32` makes one). The keys of session cookies and of TLS tickets are ' +
      'made from it, so that a client may move between hosts.',
    defaultText: 'each host has keys of its own, in `data_dir`',
  }),
  candidate: setting('candidate', toggle, true, {
    means: 'Whether this host may become the leader of the cluster.',
  }),
});

/** Paths of the sections that describe one Redis. `REDIS_FILES` are the settings in them that name files. */
export const REDIS_PARTS = ['redis', 'redis.control', 'redis.sessions'] as const;
export type RedisPart = (typeof REDIS_PARTS)[number];
export const REDIS_FILES = [
  'password_file',
  'sentinel_password_file',
  'tls.ca_file',
  'tls.cert_file',
  'tls.key_file',
] as const;
