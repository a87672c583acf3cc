/** Connects the primary to the Redis in which workers keep sessions, so that operators can list and end them. */
import type { RedisResult, RedisRole } from '#shared/metric-labels.js';
import type { SessionsAt } from '#shared/redis-access.js';
import { RedisSessions } from './sessions/redis-sessions.js';
import type { SessionDirectory } from './sessions/session-directory.js';
import type { SystemPorts } from './runtime/system-ports.js';

export interface OpenSessions {
  /** `null` if sessions are not in Redis. */
  readonly redis: SessionDirectory | null;
  close(): void;
}

const NONE: OpenSessions = { redis: null, close: () => undefined };

/** Opens the connection. ioredis is only loaded if it is used. */
export async function openSessions(
  sessions: SessionsAt,
  { timers, logger }: SystemPorts,
  onResult: (result: RedisResult, role: RedisRole) => void,
): Promise<OpenSessions> {
  if (sessions.kind === 'primary') return NONE;
  const { access, prefix } = sessions;
  const { RedisConnection } = await import('#shared/platform/redis-connection.js');
  const connection = new RedisConnection({ access, role: 'control', timers, logger, onResult });
  const redis = new RedisSessions({ redis: connection, prefix, logger });
  return { redis, close: () => connection.close() };
}
