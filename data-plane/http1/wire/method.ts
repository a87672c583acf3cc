/**
 * The methods that are forwarded: those of the IANA registry that node:http knows too, so that both engines accept the
 * same. Any other token, lower-case ones included, is refused with 501 (RFC 9110 §9.1): a backend that takes `head` for HEAD
 * would answer without the body that `head` announces.
 */
const METHODS: readonly string[] = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'QUERY',
  'TRACE',
  'CONNECT',
  'ACL',
  'BIND',
  'CHECKOUT',
  'COPY',
  'LINK',
  'LOCK',
  'M-SEARCH',
  'MERGE',
  'MKACTIVITY',
  'MKCALENDAR',
  'MKCOL',
  'MOVE',
  'NOTIFY',
  'PROPFIND',
  'PROPPATCH',
  'PURGE',
  'REBIND',
  'REPORT',
  'SEARCH',
  'SUBSCRIBE',
  'UNBIND',
  'UNLINK',
  'UNLOCK',
  'UNSUBSCRIBE',
];

const KNOWN: ReadonlyMap<string, string> = new Map(METHODS.map((method) => [method, method]));

/** The same string for every request with this method, so that it does not hold on to the head; `null`: not known. */
export function knownMethod(token: string): string | null {
  return KNOWN.get(token) ?? null;
}
