/**
 * Makes a client of ioredis for a role: its options say how long anything may take. It decides nothing about failures; that
 * is `redis-connection.ts`. Why the options are as they are was measured with servers that were stopped, paused and killed.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisRole } from '../metric-labels.js';
import type { RedisAccess } from '../redis-access.js';

/** How long a call may take unless the caller says otherwise. */
export const CALL_DEADLINE_MS: Readonly<Record<RedisRole, number>> = {
  control: 1_000,
  bell: 1_000,
  session: 200,
};

const CONNECT_TIMEOUT_MS = 1_000;
/** A socket on which something is awaited and nothing comes for this long is given up. */
const SILENCE_LIMIT_MS = 1_500;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;
/** A closed connection is cut if the server has not let go of it by then. */
const DISCONNECT_TIMEOUT_MS = 200;

export type RedisClient = Redis | Cluster;

/** The servers that have keys, in an order that stays while they do. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  if (client instanceof Redis) return [client];
  const addressOf = ({ options: { host, port } }: Redis): string => `${host}:${port}`;
  return client.nodes('master').toSorted((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
}

/** `attempt` counts the clients made so far: a bell in a cluster listens at another node each time. */
export function createClient(access: RedisAccess, role: RedisRole, attempt: number): RedisClient {
  const { servers } = access;
  const options = clientOptions(access, role);
  switch (servers.kind) {
    case 'single':
      return new Redis({ ...options, host: servers.host, port: servers.port, db: servers.db });
    case 'sentinel':
      return new Redis({ ...options, ...sentinelOptions(access, servers) });
    case 'cluster': {
      // A ring reaches every node, so one node is enough to listen at. A client of its own has its own deadlines.
      const node = servers.nodes[attempt % servers.nodes.length];
      if (role === 'bell' && node !== undefined) return new Redis({ ...options, ...node });
      const { retryStrategy, enableOfflineQueue, ...nodeOptions } = options;
      return new Cluster([...servers.nodes], {
        enableOfflineQueue,
        clusterRetryStrategy: retryStrategy,
        slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
        redisOptions: nodeOptions,
      });
    }
  }
}

function clientOptions(access: RedisAccess, role: RedisRole) {
  const { username, password, tls } = access;
  return {
    connectionName: `tidegate-${role}`,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsOptions(tls) }),
    // What cannot be sent now is told of now: whoever asks has something better to do than to wait.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // A call whose connection broke may have been carried out. Only its caller knows whether twice does harm.
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // With it a call of 40 ms took up to 114 ms to fail while the server was stopped, without it 57 ms.
    enableAutoPipelining: false,
    commandTimeout: CALL_DEADLINE_MS[role],
    socketTimeout: SILENCE_LIMIT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (times: number) => retryDelay(times, Math.random()),
    // After a failover the connection may lead to what is a replica now.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
    // Redis 7.0 knows no CLIENT SETINFO, and an access list that names it cannot be set there.
    disableClientInfo: true,
  } satisfies RedisOptions;
}

function sentinelOptions(
  { sentinelPassword, tls }: RedisAccess,
  { sentinels, name }: Extract<RedisAccess['servers'], { kind: 'sentinel' }>,
) {
  return {
    sentinels: [...sentinels],
    name,
    // With the detector a master that was killed left the client ended for good; without it writes went on after seconds.
    failoverDetector: false,
    sentinelRetryStrategy: (times: number) => retryDelay(times, Math.random()),
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(tls === null ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(tls) }),
  } satisfies RedisOptions;
}

function tlsOptions({ ca, client, serverName }: NonNullable<RedisAccess['tls']>) {
  return {
    ...(ca === null ? {} : { ca }),
    ...(client === null ? {} : client),
    ...(serverName === null ? {} : { servername: serverName }),
  };
}

/** Doubles up to 2 s; half of it is chance, so that the workers of all hosts do not come back at one moment. */
function retryDelay(times: number, chance: number): number {
  const most = Math.min(FIRST_RETRY_MS * 2 ** (times - 1), LAST_RETRY_MS);
  return Math.round(most * (0.5 + chance / 2));
}
