/**
 * The native engine: Tidegate's own HTTP/1.1 forwarding on bare sockets. HTTP/2 goes through the compat engine. Here is the listening and the ending; a connection is
 * in `downstream-connection.ts`, a request in `exchange.ts`, its way to a backend in `../attempts.ts`.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { CertificateMaterial, ListenerSettings } from '#shared/message.js';
import { Http2Service } from '../compat/http2-service.js';
import { bugReporter } from '../bug-report.js';
import { IDLE_SWEEP_MS, idleGraceMs } from '../engine-limits.js';
import { countFailedHandshakes, listenOn, renewCertificate, tlsOptions } from '../listener.js';
import { Admission } from '../admission.js';
import type { Forwarder, ForwarderDeps } from '../forwarder.js';
import { guarded } from '../guarded.js';
import { HttpDate } from '../http-date.js';
import { createRetryBudget } from '../routing/retry-budget.js';
import { DownstreamConnection } from './downstream-connection.js';
import type { EngineParts } from './engine-parts.js';
import { ReadBuffers } from './read-buffers.js';
import { Scratch } from './scratch.js';
import { TimerWheel } from './timer-wheel.js';
import { UpstreamConnections } from './upstream-connections.js';

export class NativeEngine implements Forwarder {
  readonly #context: ForwarderDeps;
  readonly #parts: EngineParts;
  readonly #http2: Http2Service;
  readonly #connections = new Set<DownstreamConnection>();
  /** All that were accepted, in a TLS handshake too. */
  readonly #sockets = new Set<net.Socket>();
  /** When the last of these is gone. */
  readonly #empty = Promise.withResolvers<void>();
  #admission: Admission | null = null;
  #server: net.Server | null = null;
  #closing = false;

  constructor(context: ForwarderDeps) {
    const scratch = new Scratch();
    const buffers = new ReadBuffers();
    const bug = bugReporter(context);
    const wheel = new TimerWheel(() => context.monotonic(), bug);
    this.#context = context;
    this.#parts = {
      context,
      date: new HttpDate(context.clock),
      wheel,
      scratch,
      buffers,
      upstreams: new UpstreamConnections({ context, wheel, scratch, buffers, bug }),
      budget: createRetryBudget(context.monotonic()),
      isClosing: () => this.#closing,
      bug,
    };
    this.#http2 = new Http2Service(context, this.#parts);
  }

  listen(settings: ListenerSettings, certificate: CertificateMaterial | null): Promise<number> {
    const server = this.#createServer(settings, certificate);
    this.#server = server;
    this.#admission = new Admission(server, this.#context);
    countFailedHandshakes(server, this.#context);
    this.#parts.wheel.start();
    return listenOn(server, settings, this.#context.logger);
  }

  setCertificate(certificate: CertificateMaterial): void {
    const server = this.#server;
    if (server instanceof tls.Server) renewCertificate(server, certificate);
  }

  connections(): number {
    return this.#sockets.size;
  }

  async close(deadlineMs: number): Promise<void> {
    const server = this.#server;
    this.#closing = true;
    if (server !== null) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const graceEnd = performance.now() + idleGraceMs(deadlineMs);
      const sweep = setInterval(() => {
        if (performance.now() >= graceEnd) this.#destroyIdle();
      }, IDLE_SWEEP_MS);
      const deadline = setTimeout(() => this.#destroyAll(), deadlineMs);
      this.#http2.retire();
      // The server forgets a socket before its listeners are told.
      await closed;
      if (this.#sockets.size > 0) await this.#empty.promise;
      clearInterval(sweep);
      clearTimeout(deadline);
    }
    this.#http2.close();
    this.#parts.upstreams.destroyIdle();
    this.#parts.wheel.stop();
  }

  #destroyIdle(): void {
    for (const connection of this.#connections) {
      if (connection.isIdle) connection.destroy();
    }
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #createServer(settings: ListenerSettings, certificate: CertificateMaterial | null): net.Server {
    const options = { allowHalfOpen: true, noDelay: true };
    if (!settings.tls) {
      const server = net.createServer(options);
      server.on('connection', (socket) => {
        this.#guard(socket, () => {
          this.#accepted(socket);
          this.#serve(socket, false);
        });
      });
      return server;
    }
    const server = tls.createServer({ ...options, ...tlsOptions(settings, certificate) });
    server.on('connection', (socket: net.Socket) => this.#guard(socket, () => this.#accepted(socket)));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('secureConnection', (socket) =>
      this.#guard(socket, () => {
        if (socket.alpnProtocol === 'h2') this.#http2.accept(socket);
        else this.#serve(socket, true);
      }),
    );
    return server;
  }

  /** A bug ends the connection that met it. */
  #guard(socket: net.Socket, run: () => void): void {
    guarded((error) => {
      this.#parts.bug(error);
      socket.destroy();
    }, run)();
  }

  #accepted(socket: net.Socket): void {
    const { series } = this.#context;
    this.#admission?.accepted(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#closing && this.#sockets.size === 0) this.#empty.resolve();
    });
    this.#sockets.add(socket);
    series.counters.add(series.connectionsAccepted, 1);
  }

  #serve(socket: net.Socket, isSecure: boolean): void {
    const connection = new DownstreamConnection(this.#parts, socket, {
      isSecure,
      onClosed: (closed) => this.#connections.delete(closed),
    });
    this.#connections.add(connection);
  }
}
