/**
 * A script that Redis runs as one step. It is called by its hash; a server that does not have it (new, restarted, flushed)
 * is sent the text.
 */
import { createHash } from 'node:crypto';
import type { RedisAnswer, RedisArgument, RedisConnection } from './redis-connection.js';

/** What runs a script: a connection. */
type Caller = Pick<RedisConnection, 'call'>;

export class RedisScript {
  readonly #text: string;
  readonly #hash: string;

  constructor(text: string) {
    this.#text = text;
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  /** Answers within `deadlineMs`, or twice that where the server did not have the script. */
  async run(
    connection: Caller,
    keys: readonly string[],
    args: readonly RedisArgument[],
    deadlineMs?: number,
  ): Promise<RedisAnswer> {
    const rest = [keys.length, ...keys, ...args];
    const answer = await connection.call('EVALSHA', [this.#hash, ...rest], deadlineMs);
    // The server has not begun with it, so the second call cannot do it twice.
    if (answer.ok || answer.code !== 'NOSCRIPT') return answer;
    return connection.call('EVAL', [this.#text, ...rest], deadlineMs);
  }
}
