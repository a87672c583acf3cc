/**
 * Creates a client of ioredis for a role. The options bound how long each operation may take. Failures are handled in
 * `redis-connection.ts`. The options were chosen by measurements with servers that were stopped, paused and killed.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisRole } from '../metric-labels.js';
import type { RedisAccess } from '../redis-access.js';

/** Default deadline of a call, in milliseconds. */
export const CALL_DEADLINE_MS: Readonly<Record<RedisRole, number>> = {
  control: 1_000,
  bell: 1_000,
  session: 200,
};

const CONNECT_TIMEOUT_MS = 1_000;
/** If an answer is due and nothing arrives for this long, the socket is closed. Milliseconds. */
const SILENCE_LIMIT_MS = 1_500;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;
/** How long the client waits for the server to close the connection before it cuts the connection, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 200;

export type RedisClient = Redis | Cluster;

/** The servers that hold keys. The order stays the same while the servers stay the same. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  if (client instanceof Redis) return [client];
  const addressOf = ({ options: { host, port } }: Redis): string => `${host}:${port}`;
  return client.nodes('master').toSorted((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
}

/**
 * @param attempt how many clients were made before; a bell in a cluster listens at a different node each time
 * @param leavesReplica asked when the server turns out to be a replica: whether to connect anew
 */
export function createClient(
  access: RedisAccess,
  role: RedisRole,
  attempt: number,
  leavesReplica: () => boolean,
): RedisClient {
  const { servers } = access;
  const options = clientOptions(access, role, leavesReplica);
  switch (servers.kind) {
    case 'single':
      return new Redis({ ...options, host: servers.host, port: servers.port, db: servers.db });
    case 'sentinel':
      return new Redis({ ...options, ...sentinelOptions(access, servers) });
    case 'cluster': {
      // One node is enough for a bell, because a message reaches every node. A separate client has its own deadlines.
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

function clientOptions(access: RedisAccess, role: RedisRole, leavesReplica: () => boolean) {
  const { username, password, tls } = access;
  return {
    connectionName: `tidegate-${role}`,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsOptions(tls) }),
    // A call that cannot be sent now fails now, because its caller has a better alternative than waiting.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // A call on a broken connection may have been executed. Only its caller knows whether a second execution does harm.
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // With pipelining, a call with a deadline of 40 ms took up to 114 ms to fail while the server was stopped; without, 57
    // ms.
    enableAutoPipelining: false,
    commandTimeout: CALL_DEADLINE_MS[role],
    socketTimeout: SILENCE_LIMIT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (times: number) => retryDelay(times, Math.random()),
    // After a failover, the connection may lead to a server that is a replica now.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY') && leavesReplica(),
    // Redis 7.0 does not know CLIENT SETINFO, so its access lists cannot allow that command.
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
    // With the detector, the client ended for good when a master was killed. Without it, writes worked again after seconds.
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

/** Doubles up to 2 s. Half of the delay is random, so that the workers of all hosts do not reconnect at the same moment. */
function retryDelay(times: number, chance: number): number {
  const most = Math.min(FIRST_RETRY_MS * 2 ** (times - 1), LAST_RETRY_MS);
  return Math.round(most * (0.5 + chance / 2));
}
