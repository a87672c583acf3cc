/**
 * The compat engine: node's HTTP server in front, http-proxy-3 towards the backends. Here is the listening and the ending;
 * what comes in is in `http1-front.ts`, the life of a request in `exchange.ts`. Slower than the native engine, and its
 * reference.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { CertificateMaterial, ListenerSettings } from '#shared/message.js';
import type { ForwardingSettings } from '#shared/settings.js';
import { IDLE_SWEEP_MS, idleGraceMs } from '../engine-limits.js';
import { Admission } from '../admission.js';
import type { Forwarder, ForwarderDeps } from '../forwarder.js';
import { guarded } from '../guarded.js';
import { Http2Connections } from '../http2/http2-connections.js';
import { countFailedHandshakes, listenOn, renewCertificate, tlsOptions } from '../listener.js';
import { createRetryBudget } from '../routing/retry-budget.js';
import { createParts, type EngineParts } from './engine-parts.js';
import { serveRequest } from './exchange.js';
import { Http1Front } from './http1-front.js';

/** How often node looks for requests whose head is late, milliseconds. */
const HEAD_CHECK_INTERVAL_MS = 1_000;

export class CompatEngine implements Forwarder {
  readonly #context: ForwarderDeps;
  readonly #parts: EngineParts;
  readonly #front: Http1Front;
  readonly #http2: Http2Connections;
  #admission: Admission | null = null;
  #server: http.Server | https.Server | null = null;
  #applied: ForwardingSettings | null = null;
  #closing = false;

  constructor(context: ForwarderDeps) {
    this.#context = context;
    this.#parts = createParts(context, {
      budget: createRetryBudget(context.monotonic()),
      isClosing: () => this.#closing,
    });
    this.#front = new Http1Front(this.#parts, () => this.#follow());
    this.#http2 = new Http2Connections(
      context,
      (arrival) => void serveRequest(this.#parts, arrival),
      (error) => this.#parts.bug(error),
    );
  }

  listen(settings: ListenerSettings, certificate: CertificateMaterial | null): Promise<number> {
    const server = this.#createServer(settings, certificate);
    this.#server = server;
    this.#admission = new Admission(server, this.#context);
    countFailedHandshakes(server, this.#context);
    this.#follow();
    return listenOn(server, settings, this.#context.logger);
  }

  setCertificate(certificate: CertificateMaterial): void {
    const server = this.#server;
    if (server instanceof https.Server) renewCertificate(server, certificate);
  }

  connections(): number {
    return this.#parts.connections.size;
  }

  async close(deadlineMs: number): Promise<void> {
    const { connections, agents } = this.#parts;
    const server = this.#server;
    this.#closing = true;
    if (server === null) return;
    // Not node's own `close` of HTTP servers, which closes idle connections at once.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    this.#http2.retire();
    const empty = Promise.withResolvers<void>();
    const graceEnd = performance.now() + idleGraceMs(deadlineMs);
    const sweep = setInterval(() => {
      if (performance.now() >= graceEnd) server.closeIdleConnections();
      // Upgraded connections are none of the server's any more, so its own `close` does not wait for them.
      if (connections.size === 0) empty.resolve();
    }, IDLE_SWEEP_MS);
    const deadline = setTimeout(() => connections.destroyAll(), deadlineMs);
    await Promise.all([closed, empty.promise]);
    clearInterval(sweep);
    clearTimeout(deadline);
    // It has stopped already; this ends its looking for late heads.
    server.close();
    agents.destroy();
  }

  #createServer(settings: ListenerSettings, certificate: CertificateMaterial | null): http.Server {
    const options: http.ServerOptions = {
      insecureHTTPParser: false,
      maxHeaderSize: this.#context.table().forwarding.limits.headBytes,
      connectionsCheckingInterval: HEAD_CHECK_INTERVAL_MS,
      // The answer to a missing Host is ours, so that it carries its code.
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => this.#front.mayUpgrade(request),
    };
    const server = settings.tls
      ? https.createServer({ ...options, ...tlsOptions(settings, certificate) })
      : http.createServer(options);
    const halfOpen: http.Server & { httpAllowHalfOpen?: boolean } = server;
    // A client that has said all it wants may end its side and still be answered (RFC 9112 §9.6). Node knows how, but not by an option.
    halfOpen.httpAllowHalfOpen = true;
    if (server instanceof https.Server) this.#divertHttp2(server);
    else server.on('connection', (socket: Socket) => this.#guard(socket, () => this.#front.opened(socket)));
    server.on('connection', (socket: Socket) => {
      this.#admission?.accepted(socket);
      this.#guard(socket, () => this.#parts.connections.opened(socket));
      this.#context.series.counters.add(this.#context.series.connectionsAccepted, 1);
    });
    this.#front.attach(server);
    return server;
  }

  /** Who has chosen HTTP/2 does not go to node's HTTP/1.1 server, which takes all there is. */
  #divertHttp2(server: https.Server): void {
    const serveHttp1 = server.listeners('secureConnection');
    server.removeAllListeners('secureConnection');
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('secureConnection', (socket: TLSSocket) =>
      this.#guard(socket, () => {
        this.#parts.connections.began(socket);
        if (socket.alpnProtocol === 'h2') {
          this.#http2.accept(socket);
          return;
        }
        for (const listener of serveHttp1) listener.call(server, socket);
        this.#front.opened(socket);
      }),
    );
  }

  #guard(socket: Socket, run: () => void): void {
    guarded((error) => {
      this.#parts.bug(error);
      socket.destroy();
    }, run)();
  }

  /** Brings the server in line with the settings in force. They change seldom and cost one comparison. */
  #follow(): void {
    const { forwarding } = this.#context.table();
    const server: (http.Server & { maxHeaderSize?: number }) | null = this.#server;
    if (server === null || this.#applied === forwarding) return;
    this.#applied = forwarding;
    const { timeouts, limits } = forwarding;
    server.headersTimeout = timeouts.requestHeadMs;
    // Bodies are limited by their pauses, not by their length.
    server.requestTimeout = 0;
    server.keepAliveTimeout = timeouts.keepAliveMs;
    // Of connections that come from now on.
    server.maxHeaderSize = limits.headBytes;
    // One more than allowed: node would cut the list silently, and a hidden Content-Length would still frame the body.
    server.maxHeadersCount = limits.headerCount + 1;
  }
}
