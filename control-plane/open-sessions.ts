/** Connects the primary to the Redis in which workers keep sessions, so that operators can list and end them. */
import type { RedisResult, RedisRole } from '#shared/metric-labels.js';
import type { SessionsAt } from '#shared/redis-access.js';
import { RedisSessions } from './sessions/redis-sessions.js';
import type { SessionDirectory } from './sessions/session-directory.js';
import type { Shared } from './open-shared.js';
import type { SystemPorts } from './runtime/system-ports.js';
import { StartFailure } from './start-failure.js';

export interface OpenSessions {
  /** `null` if sessions are not in Redis. */
  readonly redis: SessionDirectory | null;
  close(): void;
}

const NONE: OpenSessions = { redis: null, close: () => undefined };

/**
 * Rejects with StartFailure if the Redis of sessions is of another kind than the settings say. One that a fleet is kept in, too, was
 * looked at by `open-fleet.ts`; one that does not answer is waited for by nobody.
 */
export async function refuseUnfitSessions(
  { control, sessions }: Shared,
  { timers, logger }: SystemPorts,
): Promise<void> {
  if (sessions.kind === 'primary' || sessions.access === control) return;
  const { RedisConnection } = await import('#shared/platform/redis-connection.js');
  const { kindProblem, readRedisInfo } = await import('#shared/platform/redis-info.js');
  const { access } = sessions;
  const connection = new RedisConnection({ access, role: 'control', timers, logger });
  const problem = kindProblem(await readRedisInfo(connection, timers), access.servers);
  connection.close();
  if (problem !== null) throw new StartFailure(`redis: ${problem}`);
}

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
