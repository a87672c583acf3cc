/**
 * The main listener, as far as it is the same for all engines: binds it and terminates TLS on it. The engine takes each
 * accepted connection from there.
 */
import { constants } from 'node:crypto';
import { type AddressInfo, type Server, Socket } from 'node:net';
import type { Server as TlsServer, TLSSocket, TlsOptions } from 'node:tls';
import { LISTENER_FD } from '#shared/platform/handover.js';
import type { CertificateMaterial, ListenerSettings } from '#shared/message.js';
import type { Logger } from '#shared/ports.js';
import type { ForwarderDeps } from './forwarder.js';
import { alpnProtocols } from './http2/http2-connections.js';
import { answerPlainHttp } from './plain-on-tls.js';

/** Connections that the system may hold for us before we accept them. */
const BACKLOG = 4_096;
/** Where a TLS session belongs that is resumed. */
const SESSION_ID_CONTEXT = 'tidegate';
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Forward secrecy and authenticated encryption only: the intermediate recommendation of Mozilla's server-side TLS guide, 5.7. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Starts to accept; answers the port. Fails with the system's error (EADDRINUSE…). */
export async function listenOn(server: Server, settings: ListenerSettings, logger: Logger): Promise<number> {
  const { host, port, reusePort, inherited } = settings;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  if (inherited === undefined) server.listen({ host, port, backlog: BACKLOG, reusePort }, resolve);
  else server.listen(new Socket({ fd: LISTENER_FD, readable: false, writable: false }), BACKLOG, resolve);
  await promise;
  server.off('error', reject);
  // Accepting can fail while the process is out of file descriptors; Node goes on by itself.
  server.on('error', (error) => logger.error({ error: error.message }, 'listener failed'));
  return (server.address() as AddressInfo).port;
}

/** Counts connections that come to no TLS handshake. */
export function countFailedHandshakes(server: Server, { series }: ForwarderDeps): void {
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    series.counters.add(series.connectionsRefused.get('tls'), 1);
    answerPlainHttp(error, socket);
  });
}

/** How TLS is terminated. Throws when there is no certificate. */
export function tlsOptions(settings: ListenerSettings, certificate: CertificateMaterial | null): TlsOptions {
  if (certificate === null) throw new Error('a TLS listener needs a certificate');
  return {
    ...secureContext(certificate),
    ticketKeys: Buffer.from(certificate.ticketKeys),
    ALPNProtocols: alpnProtocols(settings.h2),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    // With TLS a client that has only sent its end must still get its answer, as without.
    allowHalfOpen: true,
  };
}

/** New handshakes use the certificate; running connections stay. Throws when the certificate is unfit; the one before then stays. */
export function renewCertificate(server: TlsServer, certificate: CertificateMaterial): void {
  server.setSecureContext(secureContext(certificate));
  server.setTicketKeys(Buffer.from(certificate.ticketKeys));
}

function secureContext({ certPem, keyPem }: CertificateMaterial): TlsOptions {
  return {
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    // Otherwise a client could make us do handshakes without end on one connection.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    // Node makes one of the process's arguments, and a worker of another host has others: it would refuse the ticket.
    sessionIdContext: SESSION_ID_CONTEXT,
  };
}
