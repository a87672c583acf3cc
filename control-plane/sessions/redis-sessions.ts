/**
 * Lets operators list and end the sessions in a Redis that hosts share. It finds them by SCAN, page by page, and only
 * when somebody asks. Workers read and bind sessions there without the primary.
 */
import { backendId, isName, type PoolId } from '#shared/ids.js';
import type { RedisConnection } from '#shared/platform/redis-connection.js';
import type { Logger } from '#shared/ports.js';
import { NO_BACKEND, type SessionKey } from '#shared/session.js';
import type { ListedSession, SessionDirectory, SessionPage, StoreUnavailable } from './session-directory.js';

/** Most calls of SCAN for one page. If few keys match, the page is short or empty. */
const SCANS_PER_PAGE = 50;
/** How many keys a call of SCAN looks at while the sessions of a pool are removed. */
const SWEEP_COUNT = 1_000;

interface RedisSessionsDeps {
  readonly redis: Pick<RedisConnection, 'call' | 'scan'>;
  /** Beginning of the names of all keys. */
  readonly prefix: string;
  readonly logger: Logger;
}

export class RedisSessions implements SessionDirectory {
  readonly #deps: RedisSessionsDeps;
  readonly #sweeps = new Map<PoolId, Promise<void>>();
  #isListing = false;

  constructor(deps: RedisSessionsDeps) {
    this.#deps = deps;
  }

  count(): null {
    return null;
  }

  async page(
    pool: PoolId,
    { after, limit }: { readonly after: string | null; readonly limit: number },
  ): Promise<SessionPage> {
    if (this.#isListing) return { kind: 'busy' };
    this.#isListing = true;
    try {
      return await this.#page(pool, after, limit);
    } finally {
      this.#isListing = false;
    }
  }

  async end(key: SessionKey): Promise<{ readonly kind: 'ended' | 'unknown' } | StoreUnavailable> {
    const name = `${this.#beginOf(key.pool)}${key.session}`;
    const answer = await this.#deps.redis.call('SET', [name, NO_BACKEND, 'XX', 'KEEPTTL']);
    if (!answer.ok) return { kind: 'unavailable', reason: answer.reason };
    return { kind: answer.value === null ? 'unknown' : 'ended' };
  }

  /** Runs once at a time for each pool. Never rejects. */
  sweep(pool: PoolId): Promise<void> {
    const running = this.#sweeps.get(pool);
    if (running !== undefined) return running;
    const sweep = this.#sweep(pool).finally(() => this.#sweeps.delete(pool));
    this.#sweeps.set(pool, sweep);
    return sweep;
  }

  async #page(pool: PoolId, after: string | null, limit: number): Promise<SessionPage> {
    const { redis } = this.#deps;
    const begin = this.#beginOf(pool);
    const sessions: ListedSession[] = [];
    let cursor = after;
    for (let scans = 0; scans < SCANS_PER_PAGE && sessions.length < limit; scans += 1) {
      const scanned = await redis.scan(cursor, `${begin}*`, limit);
      if (!scanned.ok) {
        if (scanned.kind === 'no_such_cursor') return { kind: 'no-such-page' };
        return { kind: 'unavailable', reason: scanned.reason };
      }
      const listed = await Promise.all(scanned.keys.map((key) => this.#listed(key, key.slice(begin.length))));
      for (const one of listed) {
        // A page that lacks sessions would look like one that has them all.
        if (one !== null && 'reason' in one) return one;
        if (one !== null) sessions.push(one);
      }
      cursor = scanned.next;
      if (cursor === null) break;
    }
    return { kind: 'ok', sessions, next: cursor };
  }

  /** `null` if the session has expired meanwhile, or if the key is not Tidegate's. */
  async #listed(key: string, session: string): Promise<ListedSession | StoreUnavailable | null> {
    const { redis } = this.#deps;
    const [bound, left] = await Promise.all([redis.call('GET', [key]), redis.call('PTTL', [key])]);
    if (!bound.ok) return bound.code === 'WRONGTYPE' ? null : { kind: 'unavailable', reason: bound.reason };
    if (!left.ok) return { kind: 'unavailable', reason: left.reason };
    const { value } = bound;
    if (typeof value !== 'string' || (value !== NO_BACKEND && !isName(value))) return null;
    const backend = value === NO_BACKEND ? null : backendId(value);
    return { session, backend, leftMs: Math.max(0, Number(left.value)) };
  }

  async #sweep(pool: PoolId): Promise<void> {
    const { redis, logger } = this.#deps;
    let cursor: string | null = null;
    let swept = 0;
    do {
      const scanned = await redis.scan(cursor, `${this.#beginOf(pool)}*`, SWEEP_COUNT);
      if (!scanned.ok) return this.#leftOver(pool, scanned.reason);
      // One key per command, because the keys of a cluster are on several servers.
      const answers = await Promise.all(scanned.keys.map((key) => redis.call('UNLINK', [key])));
      const failure = answers.find((answer) => !answer.ok);
      if (failure !== undefined) return this.#leftOver(pool, failure.reason);
      swept += scanned.keys.length;
      cursor = scanned.next;
    } while (cursor !== null);
    logger.info({ pool, sessions: swept }, 'ended sessions are removed from Redis');
  }

  #leftOver(pool: PoolId, reason: string): void {
    const text = 'ended sessions are not all removed from Redis: they go when their time is over';
    this.#deps.logger.warn({ pool, reason }, text);
  }

  /** Usable in a SCAN pattern, because names of pools contain no character with a meaning there. */
  #beginOf(pool: PoolId): string {
    return `${this.#deps.prefix}${pool}:`;
  }
}
