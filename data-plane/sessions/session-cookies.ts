/**
 * Signs and verifies session cookies: HMAC-SHA256 with the first key, verified with any. A value once found genuine is
 * remembered, because a client sends the same one with each request. `routing/sticky.ts` judges age and backend.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PoolId } from '#shared/ids.js';
import type { SessionSigningKey } from '#shared/message.js';
import type { SessionId } from '#shared/session.js';
import { assert } from '#shared/assert.js';
import {
  MAC_BYTES,
  SESSION_ID_BYTES,
  formatToken,
  parseToken,
  signedText,
  tokenHead,
  type SessionFields,
} from '../routing/session-token.js';

/** Genuine values that are remembered, so that their MAC is not computed again. */
const MAX_VERIFIED_COOKIES = 50_000;

interface Verified {
  readonly pool: PoolId;
  readonly fields: SessionFields;
}

export class SessionCookies {
  readonly #keys: readonly SessionSigningKey[];
  /** By their whole text. A value that is genuine in one pool is genuine in no other, because the MAC covers the pool's name. */
  readonly #verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED_COOKIES });

  /** @param keys at least one; the first signs */
  constructor(keys: readonly SessionSigningKey[]) {
    assert(keys.length > 0, 'session cookies need a key');
    this.#keys = keys;
  }

  newSession(): SessionId {
    return randomBytes(SESSION_ID_BYTES).toString('base64url');
  }

  sign(pool: PoolId, fields: SessionFields): string {
    const [key] = this.#keys;
    assert(key !== undefined, 'session cookies need a key');
    const head = tokenHead(key.kid, fields);
    assert(head !== null, 'session fields are not in their form');
    return formatToken(head, macOf(key, head, pool));
  }

  /** The fields of a cookie value that one of the keys signed for this pool, else `null`. */
  verify(pool: PoolId, value: string): SessionFields | null {
    const known = this.#verified.get(value);
    if (known !== undefined) return known.pool === pool ? known.fields : null;
    const token = parseToken(value);
    if (token === null) return null;
    const key = this.#keys.find(({ kid }) => kid === token.kid);
    if (key === undefined || !timingSafeEqual(macOf(key, token.head, pool), token.mac)) return null;
    this.#verified.set(value, { pool, fields: token.fields });
    return token.fields;
  }
}

function macOf(key: SessionSigningKey, head: string, pool: PoolId): Buffer {
  return createHmac('sha256', key.secret).update(signedText(head, pool)).digest().subarray(0, MAC_BYTES);
}
