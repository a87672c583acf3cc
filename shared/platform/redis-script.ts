/**
 * A script that Redis executes atomically. The script is called by its hash. A server that does not know the hash (new,
 * restarted, flushed) is sent the text.
 */
import { createHash } from 'node:crypto';
import type { RedisAnswer } from './redis-answer.js';
import type { RedisArgument, RedisConnection } from './redis-connection.js';

/** The connection that runs a script. */
type Caller = Pick<RedisConnection, 'call'>;

export class RedisScript {
  readonly #text: string;
  readonly #hash: string;

  constructor(text: string) {
    this.#text = text;
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  /** Answers within `deadlineMs` milliseconds, or twice that if the server did not know the script. */
  async run(
    connection: Caller,
    keys: readonly string[],
    args: readonly RedisArgument[],
    deadlineMs?: number,
  ): Promise<RedisAnswer> {
    const rest = [keys.length, ...keys, ...args];
    const answer = await connection.call('EVALSHA', [this.#hash, ...rest], deadlineMs);
    // The server has not started the script, so the second call cannot execute it twice.
    if (answer.ok || answer.code !== 'NOSCRIPT') return answer;
    return connection.call('EVAL', [this.#text, ...rest], deadlineMs);
  }
}
