/** Which protocols a connection may change to. Pure. */

/**
 * HTTP/2 over a tunnel would carry requests that no route, limit or log of ours sees ("h2c smuggling"); TLS inside the
 * tunnel (RFC 2817) would, too.
 */
const REFUSED = /^(?:h2c?|http|tls)(?:\/|$)/i;

/** @param asked the value of the only Upgrade field. One protocol, which is not HTTP again. */
export function isTunnelled(asked: string): boolean {
  return /^[\w.+/-]+$/.test(asked) && !REFUSED.test(asked);
}
