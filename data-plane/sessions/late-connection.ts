/**
 * A connection to Redis whose code is loaded first, because it takes 6 MB of memory that a worker without Redis does not need.
 * Until then it is not ready, as it would not be while it connects.
 */
import type { RedisAnswer } from '#shared/platform/redis-answer.js';
import type { RedisConnection } from '#shared/platform/redis-connection.js';
import type { SessionRedis } from './redis-session-store.js';

const NOT_LOADED: RedisAnswer = {
  ok: false,
  kind: 'not_ready',
  code: '',
  reason: 'Redis is not connected yet',
};

/** `failed` is told when the code cannot be loaded. */
export function lateConnection(
  load: () => Promise<RedisConnection>,
  failed: (error: unknown) => void,
): SessionRedis {
  let loaded: RedisConnection | null = null;
  load().then((connection) => (loaded = connection), failed);
  return {
    isReady: () => loaded?.isReady() ?? false,
    call: (...call) => loaded?.call(...call) ?? Promise.resolve(NOT_LOADED),
  };
}
