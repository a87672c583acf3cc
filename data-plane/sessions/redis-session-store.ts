/**
 * Bindings of sessions in a Redis that hosts share. A session that this worker knows costs no command and no wait: its binding
 * is kept, and asked for anew behind the back of the request that uses it, which is also what keeps it alive in Redis. What
 * Redis does not answer in 40 ms, or would not while the guard is open, the caller is told as `undefined`.
 */
import { backendId, isName, type BackendId } from '#shared/ids.js';
import type { RedisConnection } from '#shared/platform/redis-connection.js';
import { RedisScript } from '#shared/platform/redis-script.js';
import type { Random } from '#shared/ports.js';
import {
  NO_BACKEND,
  SESSION_LOOKUP_TIMEOUT_MS,
  type SessionKey,
  type SessionLifetime,
  type SessionStore,
} from '#shared/session.js';
import { KeptSessions } from './kept-sessions.js';
import { answered, asking, CLOSED, failed } from './store-guard.js';

/** How long a binding is used before it is asked for anew, at most, and as a share of the idle timeout. */
const MAX_SOFT_AGE_MS = 300_000;
const SOFT_AGES_PER_IDLE_TIMEOUT = 4;
/** So that bindings of one moment are not asked for at one moment. */
const SOFT_AGE_SPREAD = 0.2;
/** A binding that could not be asked for in this many soft ages is not used any more. */
const MAX_SOFT_AGES = 2;
/** After a question without an answer. */
const ASK_AGAIN_MS = 5_000;
/** How long it is believed that there is none. */
const ABSENCE_KEPT_MS = 1_000;

/**
 * BIND: keys session · arguments the backend that it may be moved from (or none), the backend, milliseconds to live. A session that is
 * bound elsewhere stays there. Answers the backend that is bound now. Whatever becomes of it is a use. (`SET NX GET` would not
 * make it live longer.)
 */
const BIND = new RedisScript(`local bound = redis.call('GET', KEYS[1])
if bound and bound ~= ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return bound
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ARGV[2]`);

export type SessionRedis = Pick<RedisConnection, 'isReady' | 'call'>;

interface RedisSessionStoreDeps {
  readonly redis: SessionRedis;
  /** What the names of all keys begin with. */
  readonly prefix: string;
  readonly random: Random;
  monotonic(): number;
}

export class RedisSessionStore implements SessionStore {
  readonly #deps: RedisSessionStoreDeps;
  readonly #kept: KeptSessions;
  #guard = CLOSED;

  constructor(deps: RedisSessionStoreDeps) {
    this.#deps = deps;
    this.#kept = new KeptSessions(() => deps.monotonic());
  }

  /** Whether Redis is not asked at present. */
  isGuarded(): boolean {
    return this.#guard.is === 'open' || !this.#deps.redis.isReady();
  }

  recall(key: SessionKey, lifetime: SessionLifetime): BackendId | null | undefined {
    // Only the store may judge a session at its end, whatever was true a moment ago.
    if (lifetime.remainingMs <= 0) return undefined;
    return this.#kept.use(key, ASK_AGAIN_MS, () => {
      void this.#kept.once(key, () => this.#get(key, lifetime));
    });
  }

  lookup(key: SessionKey, lifetime: SessionLifetime, fresh = false): Promise<BackendId | null | undefined> {
    const kept = fresh ? undefined : this.recall(key, lifetime);
    if (kept !== undefined) return Promise.resolve(kept);
    return this.#kept.once(key, () => this.#get(key, lifetime));
  }

  bind(key: SessionKey, backend: BackendId, lifetime: SessionLifetime): Promise<BackendId | undefined> {
    return this.#bind(key, '', backend, lifetime);
  }

  rebind(
    key: SessionKey,
    from: BackendId,
    to: BackendId,
    lifetime: SessionLifetime,
  ): Promise<BackendId | undefined> {
    return this.#bind(key, from, to, lifetime);
  }

  async #get(key: SessionKey, lifetime: SessionLifetime): Promise<BackendId | null | undefined> {
    const ttl = ttlOf(lifetime);
    const name = this.#nameOf(key);
    if (ttl < 1) {
      this.#kept.forget(key);
      const gone = await this.#ask((redis) => redis.call('DEL', [name], SESSION_LOOKUP_TIMEOUT_MS));
      return gone === undefined ? undefined : null;
    }
    const value = await this.#ask((redis) =>
      redis.call('GETEX', [name, 'PX', ttl], SESSION_LOOKUP_TIMEOUT_MS),
    );
    return value === undefined ? undefined : this.#keep(key, value, lifetime);
  }

  async #bind(
    key: SessionKey,
    from: BackendId | '',
    to: BackendId,
    lifetime: SessionLifetime,
  ): Promise<BackendId | undefined> {
    const ttl = ttlOf(lifetime);
    if (ttl < 1) {
      this.#kept.forget(key);
      return to;
    }
    const name = this.#nameOf(key);
    const value = await this.#ask((redis) =>
      BIND.run(redis, [name], [from, to, ttl], SESSION_LOOKUP_TIMEOUT_MS),
    );
    return value === undefined ? undefined : (this.#keep(key, value, lifetime) ?? undefined);
  }

  /** The value that Redis answered, `undefined`: none. Counts what came of it. */
  async #ask(question: (redis: SessionRedis) => ReturnType<SessionRedis['call']>): Promise<unknown> {
    const { redis } = this.#deps;
    if (!redis.isReady()) return undefined;
    const { guard, may } = asking(this.#guard, this.#deps.monotonic());
    this.#guard = guard;
    if (!may) return undefined;
    const answer = await question(redis);
    // An error of Redis is an answer: it comes fast, and other questions may do better (reads when its memory is full).
    const isAnswer = answer.ok || answer.kind === 'refused';
    this.#guard = isAnswer ? answered(this.#guard) : failed(this.#guard, this.#deps.monotonic());
    return answer.ok ? answer.value : undefined;
  }

  /** Of what is neither the name of a backend nor says that the session was ended nothing is believed. */
  #keep(key: SessionKey, value: unknown, lifetime: SessionLifetime): BackendId | null | undefined {
    if (value === null) {
      this.#kept.keep(key, null, ABSENCE_KEPT_MS);
      return null;
    }
    if (typeof value !== 'string' || (value !== NO_BACKEND && !isName(value))) return undefined;
    const { idleMs, remainingMs } = lifetime;
    const spread = 1 - SOFT_AGE_SPREAD + 2 * SOFT_AGE_SPREAD * this.#deps.random();
    const soft = Math.min(idleMs / SOFT_AGES_PER_IDLE_TIMEOUT, MAX_SOFT_AGE_MS) * spread;
    const backend = backendId(value);
    this.#kept.keep(key, backend, Math.min(idleMs, MAX_SOFT_AGES * soft, remainingMs), soft);
    return backend;
  }

  #nameOf({ pool, session }: SessionKey): string {
    return `${this.#deps.prefix}${pool}:${session}`;
  }
}

/** Whole milliseconds that the binding lives if it is not used again. */
function ttlOf({ idleMs, remainingMs }: SessionLifetime): number {
  return Math.floor(Math.min(idleMs, remainingMs));
}
