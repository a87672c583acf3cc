/**
 * Whether a request is meant for another server (RFC 9110 §7.4, §15.5.20). A client of HTTP/2 may send requests for all names
 * that our certificate covers on one connection (RFC 9113 §9.1.1), though another server may serve some of these names, for
 * instance behind a balancer that looks at server names. Such a request is for a host without any route here, on a connection
 * that was opened for another name. A client that is told so asks again on a connection that it opens for that name.
 *
 * Not refused: hosts that have routes here, whatever name the connection was opened for, because there is one certificate and
 * no other rule that depends on a name; and requests of clients that gave no name, for instance because they use an address.
 */
import { normaliseHost } from './host.js';
import type { Routed } from './route-match.js';

/**
 * @param host of the request, as `normaliseHost` gives it
 * @param serverName that the connection was opened for (RFC 6066 §3); `null`: none
 */
export function isMisdirected<T>(
  { routes }: Routed<T>,
  host: string | null,
  serverName: string | null,
): boolean {
  if (host === null || serverName === null || normaliseHost(serverName) === host) return false;
  const hasRoutesForAll = routes.anyHost.target !== null || routes.anyHost.children.size > 0;
  return !hasRoutesForAll && !routes.hosts.has(host);
}
