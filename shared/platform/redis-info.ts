/** Reads, at a start, what a server says about itself, and whether it is of the kind that the settings say. */
import type { RedisAccess } from '../redis-access.js';
import type { Timers } from '../ports.js';
import type { RedisAnswer } from './redis-answer.js';
import type { RedisConnection } from './redis-connection.js';

/** How long a start waits for a connection, and between two looks, in milliseconds. */
const WAIT_MS = 2_000;
const LOOK_EVERY_MS = 50;
const NO_CLUSTER = 'cluster support disabled';

/** The answer of INFO, all sections; `not_ready` with the reason of the connection if there is none within two seconds. */
export async function readRedisInfo(connection: RedisConnection, timers: Timers): Promise<RedisAnswer> {
  for (let waitedMs = 0; !connection.isReady() && waitedMs < WAIT_MS; waitedMs += LOOK_EVERY_MS) {
    if (isHopeless(connection.trouble)) break;
    const { promise, resolve } = Promise.withResolvers<void>();
    timers.after(LOOK_EVERY_MS, resolve);
    await promise;
  }
  if (connection.isReady()) return connection.call('INFO', ['everything']);
  return { ok: false, kind: 'not_ready', code: '', reason: connection.trouble };
}

/** A wrong password, or a user that is not there: waiting does not help. */
export function isUserRefused(trouble: string): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM)/.test(trouble);
}

/**
 * What is wrong if the server is of another kind than the settings say; `null` if it is of that kind, or does not say. A node of a
 * Redis Cluster would answer for some keys only, and a Sentinel for none.
 */
export function kindProblem(info: RedisAnswer, { kind }: RedisAccess['servers']): string | null {
  if (!info.ok) return info.reason.includes(NO_CLUSTER) ? 'it is no Redis Cluster; name it by url' : null;
  // Valkey calls it the mode of the server.
  const [, mode] = /^(?:redis|server)_mode:(\w+)/m.exec(String(info.value)) ?? [];
  if (mode === 'sentinel') return 'it is a Sentinel; name it under sentinels, and its servers by name';
  if (mode === 'cluster' && kind !== 'cluster') {
    return 'it is a node of a Redis Cluster; name some of the nodes under cluster';
  }
  return null;
}

function isHopeless(trouble: string): boolean {
  return isUserRefused(trouble) || trouble.includes(NO_CLUSTER);
}
