/**
 * What a client gets that speaks plain HTTP to the TLS port: a 400 in plain HTTP that says so. OpenSSL knows such a
 * client by its first bytes (methods GET, HEAD, POST, PUT and what begins like them); all others are closed as ever.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

const BODY = '400 bad_request: This port speaks TLS. Use https:// with it.\n';
const ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${BODY.length}`,
  'Cache-Control: no-store',
  'x-tidegate-error: bad_request',
  'Connection: close',
  '',
  BODY,
].join('\r\n');

/** To be called while the `tlsClientError` of a server is told: node closes the connection right after it. */
export function answerPlainHttp(error: Error, socket: TLSSocket): void {
  if (!('code' in error) || error.code !== 'ERR_SSL_HTTP_REQUEST') return;
  // The TCP socket below is not shown by node's types; where there is none, the client sees a closed connection.
  const { _parent: below } = socket as TLSSocket & { readonly _parent?: Socket | null };
  if (below?.writable !== true) return;
  // The client may be gone, and nothing else listens to this socket.
  below.on('error', () => undefined);
  below.write(ANSWER);
}
