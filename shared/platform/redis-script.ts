/**
 * A script that Redis executes atomically. The script is called by its hash. A server that does not know the hash (new,
 * restarted, flushed) is sent the text.
 */
import { createHash } from 'node:crypto';
import type { RedisAnswer } from './redis-answer.js';
import type { RedisArgument, RedisConnection } from './redis-connection.js';
import { monotonicMs } from './system-clock.js';

/** The connection that runs a script. */
type Caller = Pick<RedisConnection, 'call'>;

export class RedisScript {
  readonly #text: string;
  readonly #hash: string;

  constructor(text: string) {
    this.#text = text;
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  /** Answers within `deadlineMs` milliseconds, whether or not the server knew the script. */
  async run(
    connection: Caller,
    keys: readonly string[],
    args: readonly RedisArgument[],
    deadlineMs?: number,
  ): Promise<RedisAnswer> {
    const rest = [keys.length, ...keys, ...args];
    const askedAt = monotonicMs();
    const answer = await connection.call('EVALSHA', [this.#hash, ...rest], deadlineMs);
    // The server has not started the script, so the second call cannot execute it twice.
    if (answer.ok || answer.code !== 'NOSCRIPT') return answer;
    const tookMs = Math.ceil(monotonicMs() - askedAt);
    const leftMs = deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - tookMs);
    return connection.call('EVAL', [this.#text, ...rest], leftMs);
  }
}
