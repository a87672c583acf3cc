/**
 * Node's HTTP/1.1 server in front of the clients: makes arrivals of what it takes for requests, in their order, and refuses
 * the rest. Serving a request is `exchange.ts`'s, listening and the connections as such the engine's.
 */
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '#shared/error-code.js';
import { HALF_CLOSED_MS } from '../engine-limits.js';
import type { Arrival } from './arrival.js';
import type { EngineParts } from './engine-parts.js';
import { serveRequest } from './exchange.js';
import { replyAndClose } from './raw-reply.js';
import { RequestLines } from './request-lines.js';
import { mayUpgrade } from './upgrade-rule.js';

export class Http1Front {
  readonly #parts: EngineParts;
  readonly #lines = new RequestLines();
  readonly #onArrival: () => void;

  /** @param onArrival called before each request is looked at */
  constructor(parts: EngineParts, onArrival: () => void) {
    this.#parts = parts;
    this.#onArrival = onArrival;
  }

  /** For node's `shouldUpgradeCallback`. */
  mayUpgrade(request: IncomingMessage): boolean {
    return mayUpgrade(request) && this.#lines.isFree(request.socket);
  }

  /** A connection of HTTP/1.1, over TLS after its handshake. */
  opened(socket: Socket): void {
    socket.on('end', () => {
      if (!this.#lines.isFree(socket)) socket.setTimeout(HALF_CLOSED_MS);
    });
  }

  attach(server: Server): void {
    server.on('request', (request, response) => {
      this.#take({ request, response, expectsContinue: false, upgrade: null, ...refusalOf(request) });
    });
    server.on('checkContinue', (request, response) => {
      this.#take({ request, response, expectsContinue: true, upgrade: null, ...refusalOf(request) });
    });
    server.on('checkExpectation', (request, response) => {
      const refusal = 'expectation_failed';
      this.#take({ request, response, expectsContinue: false, upgrade: null, refusal });
    });
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => this.#takeUpgrade(request, socket, head));
    server.on('connect', (request, socket: Duplex) => {
      socket.on('error', () => undefined);
      this.#endWith(request.socket, 'method_not_allowed');
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      this.#refuse(error, socket as Socket);
    });
  }

  #take(arrival: Arrival): void {
    const { request, response } = arrival;
    this.#onArrival();
    const taken = this.#lines.take(request.socket, {
      isWhole: () => request.complete,
      run: () => this.#serve(arrival),
    });
    if (taken === 'last') response.shouldKeepAlive = false;
    // Nobody will answer it. The connection closes after the answer before it.
    if (taken === 'ignored') request.on('error', () => undefined).resume();
  }

  #takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    this.#onArrival();
    const response = new ServerResponse(request);
    // The parser has left this connection: it ends with the answer, whatever that is.
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.on('finish', () => request.socket.destroySoon());
    void serveRequest(this.#parts, { request, response, expectsContinue: false, upgrade: { socket, head } });
  }

  async #serve(arrival: Arrival): Promise<boolean> {
    const { request, response } = arrival;
    const closed = new Promise((resolve) => response.once('close', resolve));
    await serveRequest(this.#parts, arrival);
    await closed;
    return response.shouldKeepAlive && !request.socket.destroyed;
  }

  /** Bytes that are no request, or a request that did not come in time, or not to its end. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    // What stands behind the last request of a connection is none of our business, and no harm to that request.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    const refusal = refusalFor(error);
    const at = this.#lines.breakPoint(socket);
    if (refusal === 'gone' || at === 'in-answered' || (refusal === 'ended' && at === 'in-running')) {
      for (const exchange of this.#parts.connections.running(socket)) exchange.clientClosed();
      socket.destroy();
      return;
    }
    // Node's parser says it again for each piece that still comes.
    if (socket.writableEnded) return;
    if (refusal === 'ended' || at !== 'in-running') return this.#endWith(socket, refusal);
    for (const exchange of this.#parts.connections.running(socket)) exchange.refuseBody(refusal);
  }

  /** The last word on a connection, once all that came before is answered. `ended`: none. */
  #endWith(socket: Socket, refusal: ErrorCode | 'ended'): void {
    const { noPool, counters } = this.#parts.context.series;
    this.#lines.finish(socket, {
      isWhole: () => true,
      run: () => {
        if (refusal === 'ended') socket.destroySoon();
        else {
          counters.add(noPool.localReplies.get(refusal), 1);
          replyAndClose(socket, refusal);
        }
        return Promise.resolve(false);
      },
    });
  }
}

/** Node's parser takes HTTP/0.9 and HTTP/2.0 for requests like any other. */
function refusalOf({ httpVersion }: IncomingMessage): { readonly refusal?: ErrorCode } {
  return httpVersion === '1.1' || httpVersion === '1.0' ? {} : { refusal: 'unsupported_version' };
}

/**
 * What to tell a client whose bytes node did not take for a request. gone: it is not there any more. ended: it has ended its side
 * within a request.
 */
function refusalFor({ code }: NodeJS.ErrnoException): ErrorCode | 'gone' | 'ended' {
  if (code === 'HPE_INVALID_EOF_STATE') return 'ended';
  if (code === 'HPE_HEADER_OVERFLOW') return 'head_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  if (code === 'HPE_INVALID_VERSION') return 'unsupported_version';
  return code?.startsWith('HPE_') === true ? 'bad_request' : 'gone';
}
