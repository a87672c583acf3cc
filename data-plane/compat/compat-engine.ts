/**
 * The compat engine: node's HTTP server in front, http-proxy-3 towards the backends. Here are the sockets, limits and
 * the listening; the life of a request is in `handle-request.ts`. Slower than the native engine, and its reference.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ErrorCode } from '#shared/error-code.js';
import type { CertificateMaterial, ListenerSettings } from '#shared/message.js';
import type { ForwardingSettings } from '#shared/settings.js';
import { listenOn, renewCertificate, tlsOptions } from '../listener.js';
import type { Forwarder, ForwarderContext } from '../forwarder.js';
import { Http2Connections } from '../http2/http2-connections.js';
import { createRetryBudget } from '../routing/retry-budget.js';
import { AttemptRunner } from './attempt.js';
import { ClientConnections } from './client-connections.js';
import type { Arrival } from './exchange.js';
import { handleRequest, type EngineParts } from './handle-request.js';
import { replyAndClose } from './raw-reply.js';
import { RequestLines } from './request-lines.js';
import { UpstreamAgents } from './upstream-agents.js';
import { mayUpgrade } from './upgrade-rule.js';

/** How often node looks for requests whose head is late, milliseconds. */
const HEAD_CHECK_INTERVAL_MS = 1_000;
/** How often connections that have become idle are closed while shutting down, milliseconds. */
const IDLE_SWEEP_MS = 50;
/**
 * How long a client that has ended its side is still answered. It may have shut down one direction, or be gone: the two
 * look the same until something is written. Counts anew with each part of the answer.
 */
const HALF_CLOSED_MS = 1_000;

export class CompatEngine implements Forwarder {
  readonly #context: ForwarderContext;
  readonly #connections: ClientConnections;
  readonly #lines = new RequestLines();
  readonly #agents = new UpstreamAgents();
  readonly #parts: EngineParts;
  readonly #http2: Http2Connections;
  #server: http.Server | https.Server | null = null;
  #applied: ForwardingSettings | null = null;
  #closing = false;

  constructor(context: ForwarderContext) {
    this.#context = context;
    this.#connections = new ClientConnections(() => context.monotonic(), context.random);
    this.#parts = {
      context,
      agents: this.#agents,
      attempts: new AttemptRunner(),
      connections: this.#connections,
      budget: createRetryBudget(context.monotonic()),
      isClosing: () => this.#closing,
    };
    this.#http2 = new Http2Connections(context, (arrival) => void handleRequest(this.#parts, arrival));
  }

  listen(settings: ListenerSettings, certificate: CertificateMaterial | null): Promise<number> {
    const server = this.#createServer(settings, certificate);
    this.#server = server;
    this.#follow(server);
    return listenOn(server, settings, this.#context.logger);
  }

  setCertificate(certificate: CertificateMaterial): void {
    const server = this.#server;
    if (server instanceof https.Server) renewCertificate(server, certificate);
  }

  connections(): number {
    return this.#connections.size;
  }

  async close(deadlineMs: number): Promise<void> {
    const server = this.#server;
    this.#closing = true;
    if (server === null) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#http2.retire();
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      // Upgraded connections are none of the server's any more, so its own `close` does not wait for them.
      if (this.#connections.size === 0) drained();
    }, IDLE_SWEEP_MS);
    let drained: () => void = () => undefined;
    const empty = new Promise<void>((resolve) => {
      drained = resolve;
    });
    const deadline = setTimeout(() => this.#connections.destroyAll(), deadlineMs);
    await Promise.all([closed, empty]);
    clearInterval(sweep);
    clearTimeout(deadline);
    this.#agents.destroy();
  }

  #createServer(settings: ListenerSettings, certificate: CertificateMaterial | null): http.Server {
    const options: http.ServerOptions = {
      insecureHTTPParser: false,
      maxHeaderSize: this.#context.table().forwarding.limits.headBytes,
      connectionsCheckingInterval: HEAD_CHECK_INTERVAL_MS,
      // The answer to a missing Host is ours, so that it carries its code.
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => mayUpgrade(request) && this.#lines.isFree(request.socket),
    };
    if (!settings.tls) return this.#wire(http.createServer(options));
    const server = https.createServer({ ...options, ...tlsOptions(settings, certificate) });
    this.#divertHttp2(server);
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return this.#wire(server);
  }

  /** Who has chosen HTTP/2 does not go to node's HTTP/1.1 server, which takes all there is. */
  #divertHttp2(server: https.Server): void {
    const serveHttp1 = server.listeners('secureConnection');
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#connections.began(socket);
      if (socket.alpnProtocol === 'h2') this.#http2.accept(socket);
      else for (const listener of serveHttp1) listener.call(server, socket);
    });
  }

  #wire<Server extends http.Server>(server: Server): Server {
    const halfOpen: Server & { httpAllowHalfOpen?: boolean } = server;
    // A client that has said all it wants may end its side and still be answered (RFC 9112 §9.6). Node knows how, but not by an option.
    halfOpen.httpAllowHalfOpen = true;
    server.on('connection', (socket: Socket) => {
      this.#connections.opened(socket);
      this.#context.series.counters.add(this.#context.series.connectionsAccepted, 1);
    });
    server.on(server instanceof https.Server ? 'secureConnection' : 'connection', (socket: Socket) => {
      socket.on('end', () => {
        if (!this.#lines.isFree(socket)) socket.setTimeout(HALF_CLOSED_MS);
      });
    });
    server.on('request', (request, response) => {
      this.#take({ request, response, expectsContinue: false, upgrade: null, ...refusalOf(request) });
    });
    server.on('checkContinue', (request, response) => {
      this.#take({ request, response, expectsContinue: true, upgrade: null, ...refusalOf(request) });
    });
    server.on('checkExpectation', (request, response) => {
      this.#take({
        request,
        response,
        expectsContinue: false,
        upgrade: null,
        refusal: 'expectation_failed',
      });
    });
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      this.#follow(server);
      const response = new http.ServerResponse(request);
      // The parser has left this connection: it ends with the answer, whatever that is.
      response.shouldKeepAlive = false;
      response.assignSocket(request.socket);
      response.on('finish', () => request.socket.destroySoon());
      void handleRequest(this.#parts, {
        request,
        response,
        expectsContinue: false,
        upgrade: { socket, head },
      });
    });
    server.on('connect', (request, socket: Duplex) => {
      socket.on('error', () => undefined);
      this.#endWith(request.socket, 'method_not_allowed', request.method ?? '');
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      this.#refuse(error, socket as Socket);
    });
    return server;
  }

  #take(arrival: Arrival): void {
    const { request, response } = arrival;
    if (this.#server !== null) this.#follow(this.#server);
    const taken = this.#lines.take(request.socket, {
      isWhole: () => request.complete,
      run: () => this.#serve(arrival),
    });
    if (taken === 'last') response.shouldKeepAlive = false;
    // Nobody will answer it. The connection closes after the answer before it.
    if (taken === 'ignored') request.on('error', () => undefined).resume();
  }

  async #serve(arrival: Arrival): Promise<boolean> {
    const { request, response } = arrival;
    const closed = new Promise((resolve) => response.once('close', resolve));
    await handleRequest(this.#parts, arrival);
    await closed;
    return response.shouldKeepAlive && !request.socket.destroyed;
  }

  /** Bytes that are no request, or a request that did not come in time. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    // What stands behind the last request of a connection is none of our business, and no harm to that request.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    const code = refusalFor(error);
    const at = this.#lines.breakPoint(socket);
    if (code === null || at === 'in-answered') {
      for (const exchange of this.#connections.running(socket)) exchange.abort();
      socket.destroy();
      return;
    }
    // Node's parser says it again for each piece that still comes.
    if (socket.writableEnded) return;
    if (at !== 'in-running') {
      this.#endWith(socket, code, '');
      return;
    }
    const running = this.#connections.running(socket);
    for (const exchange of running) exchange.abort();
    // Where an answer has begun, another one would be read as part of it.
    if (running.some(({ response }) => response.headersSent)) socket.destroy();
    else this.#replyOnSocket(socket, code, '');
  }

  /** The last word on a connection, once all that came before is answered. */
  #endWith(socket: Socket, code: ErrorCode, method: string): void {
    this.#lines.finish(socket, {
      isWhole: () => true,
      run: () => {
        this.#replyOnSocket(socket, code, method);
        return Promise.resolve(false);
      },
    });
  }

  #replyOnSocket(socket: Duplex, code: ErrorCode, method: string): void {
    const { noPool, counters } = this.#context.series;
    const status = replyAndClose(socket, code);
    counters.add(noPool.localReplies.get(code), 1);
    noPool.answered(method, status, 0);
  }

  /** Brings the server in line with the settings in force. They change seldom and cost one comparison. */
  #follow(server: http.Server): void {
    const { forwarding } = this.#context.table();
    if (this.#applied === forwarding) return;
    this.#applied = forwarding;
    const { timeouts, limits } = forwarding;
    server.headersTimeout = timeouts.requestHeadMs;
    // Bodies are limited by their pauses, not by their length.
    server.requestTimeout = 0;
    server.keepAliveTimeout = timeouts.keepAliveMs;
    server.maxConnections = limits.connectionsPerWorker;
    // One more than allowed: node would cut the list silently, and a hidden Content-Length would still frame the body.
    server.maxHeadersCount = limits.headerCount + 1;
  }
}

/** Node's parser takes HTTP/0.9 and HTTP/2.0 for requests like any other. */
function refusalOf({ httpVersion }: http.IncomingMessage): { readonly refusal?: ErrorCode } {
  return httpVersion === '1.1' || httpVersion === '1.0' ? {} : { refusal: 'unsupported_version' };
}

/** What to tell a client whose bytes node did not take for a request. `null`: it is not there any more. */
function refusalFor(error: NodeJS.ErrnoException): ErrorCode | null {
  const { code } = error;
  if (code === 'HPE_HEADER_OVERFLOW') return 'head_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  if (code === 'HPE_INVALID_VERSION') return 'unsupported_version';
  return code?.startsWith('HPE_') === true ? 'bad_request' : null;
}
