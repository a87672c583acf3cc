/**
 * The text of a session cookie: `v1.<kid>.<payload>.<mac>`, payload = session id (16 bytes), backend hash (8), issued (4),
 * seen (4), big-endian, seconds. Only splits and joins the text; `sessions/session-cookies.ts` has keys, MACs and random ids.
 * The MAC covers the text before it and the pool's name, so that the token of one pool is worth nothing in another.
 */
import type { PoolId } from '#shared/ids.js';
import type { SessionId } from '#shared/session.js';
import { decodeBase64url, encodeBase64url } from './base64url.js';

export interface SessionFields {
  readonly session: SessionId;
  /** `hashHex` of the backend. */
  readonly backendHash: string;
  /** When the session began, seconds since 1970. */
  readonly issuedS: number;
  /** When the token was written, seconds since 1970. */
  readonly seenS: number;
}

interface SessionToken {
  readonly kid: string;
  readonly fields: SessionFields;
  /** HMAC-SHA256 of `signedText`, cut to 16 bytes. */
  readonly mac: Uint8Array;
  /** `v1.<kid>.<payload>`: with the pool, what the MAC is over. */
  readonly head: string;
}

export const SESSION_ID_BYTES = 16;
export const MAC_BYTES = 16;
const PAYLOAD_BYTES = 32;
const SHAPE = /^v1\.[A-Za-z0-9_-]{1,16}\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{22}$/;

/** `null` for what is not the text of a token. Says nothing about whether it is genuine. */
export function parseToken(value: string): SessionToken | null {
  if (!SHAPE.test(value)) return null;
  const head = value.slice(0, -23);
  const payload = decodeBase64url(head.slice(-43));
  const mac = decodeBase64url(value.slice(-22));
  if (payload === null || mac === null) return null;
  const view = new DataView(payload.buffer);
  return {
    kid: head.slice(3, -44),
    fields: {
      session: encodeBase64url(payload.subarray(0, SESSION_ID_BYTES)),
      backendHash: view.getBigUint64(16).toString(16).padStart(16, '0'),
      issuedS: view.getUint32(24),
      seenS: view.getUint32(28),
    },
    mac,
    head,
  };
}

/** The text before the MAC. `null` if `session` is not 16 bytes in base64url or `backendHash` not 16 hexadecimal digits. */
export function tokenHead(kid: string, fields: SessionFields): string | null {
  const session = decodeBase64url(fields.session);
  if (session?.length !== SESSION_ID_BYTES || !/^[0-9a-f]{16}$/.test(fields.backendHash)) return null;
  const payload = new Uint8Array(PAYLOAD_BYTES);
  payload.set(session);
  const view = new DataView(payload.buffer);
  view.setBigUint64(16, BigInt(`0x${fields.backendHash}`));
  view.setUint32(24, fields.issuedS);
  view.setUint32(28, fields.seenS);
  return `v1.${kid}.${encodeBase64url(payload)}`;
}

/** What the MAC is computed over. Neither part can contain a `|`. */
export function signedText(head: string, pool: PoolId): string {
  return `${head}|${pool}`;
}

/** @param mac the first `MAC_BYTES` bytes of the MAC of `signedText` */
export function formatToken(head: string, mac: Uint8Array): string {
  return `${head}.${encodeBase64url(mac)}`;
}
