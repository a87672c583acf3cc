/**
 * Which methods are forwarded: any token (RFC 9110 §9.1, §16.1), as a proxy need not know what a method means. Not those that
 * change where a message ends: CONNECT, and what a backend that does not mind the case would take for CONNECT or HEAD (an answer
 * to HEAD has no body, whatever length it announces). Nor PRI, by which HTTP/2 is told from HTTP/1.1 (RFC 9113 §11.6).
 */
import type { RefusalReason } from './refusal.js';

/** Longest method, in bytes. The longest one registered has 17. */
export const METHOD_BYTES = 64;

/** Methods that are met often. */
const COMMON: ReadonlyMap<string, string> = new Map(
  ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT'].map((method) => [
    method,
    method,
  ]),
);
const CHANGES_FRAMING = /^(?:connect|head)$/i;

/** The same string for every request with a common method, so that it does not hold on to the head. */
export function methodText(token: string): string {
  return COMMON.get(token) ?? token;
}

/** Why a request with this method, which is a token, is not forwarded; `null`: it is. */
export function methodRefusal(method: string): RefusalReason | null {
  if (COMMON.has(method)) return null;
  if (method === 'CONNECT') return 'connect';
  if (method.length > METHOD_BYTES || method === 'PRI' || CHANGES_FRAMING.test(method)) {
    return 'method_unsupported';
  }
  return null;
}
