/**
 * Node's HTTP/1.1 server in front of the clients: makes arrivals of what it takes for requests, in their order, and refuses
 * the rest. Serving a request is `exchange.ts`'s, listening and the connections as such the engine's.
 */
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { cutSocket } from '../cut-socket.js';
import type { ErrorCode } from '#shared/error-code.js';
import { HALF_CLOSED_MS } from '../engine-limits.js';
import { guarded } from '../guarded.js';
import { protocolAskedFor } from '../http1/request-facts.js';
import type { HeadTables } from '../http1/scratch.js';
import { countRefusal } from '../request-account.js';
import type { Arrival } from './arrival.js';
import { checkRequest } from './check-request.js';
import type { EngineParts } from './engine-parts.js';
import { serveRequest } from './exchange.js';
import { refusalFor } from './parse-error.js';
import { endGently, replyAndClose } from './last-answer.js';
import { RequestLines } from './request-lines.js';

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
    let may = false;
    this.#guard(request.socket, () => {
      if (!this.#lines.isFree(request.socket)) return;
      const head = checkRequest(this.#tables(), request);
      may = typeof head !== 'string' && protocolAskedFor(head) !== null;
    });
    return may;
  }

  /** A connection of HTTP/1.1, over TLS after its handshake. */
  opened(socket: Socket): void {
    endGently(socket);
    const ended = (): void => {
      if (!this.#lines.isFree(socket)) destroyUnlessWritten(socket, HALF_CLOSED_MS);
      for (const exchange of this.#parts.connections.running(socket)) exchange.clientEnded();
    };
    socket.on('end', () => this.#guard(socket, ended));
  }

  attach(server: Server): void {
    server.on('request', (request, response) => {
      this.#take({ request, response, expectsContinue: false, upgrade: null });
    });
    server.on('checkContinue', (request, response) => {
      this.#take({ request, response, expectsContinue: true, upgrade: null });
    });
    server.on('checkExpectation', (request, response) => {
      this.#take({ request, response, expectsContinue: false, upgrade: null });
    });
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => this.#takeUpgrade(request, socket, head));
    server.on('connect', (request, socket: Duplex) => {
      socket.on('error', () => undefined);
      this.#guard(socket, () => this.#endWith(request.socket, 'method_not_allowed'));
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      this.#guard(socket, () => this.#refuse(error, socket as Socket));
    });
  }

  #take(arrival: Arrival): void {
    this.#guard(arrival.request.socket, () => this.#enqueue(arrival));
  }

  #enqueue(arrival: Arrival): void {
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
    this.#guard(socket, () => this.#serveUpgrade(request, socket, head));
  }

  #serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#onArrival();
    const response = new ServerResponse(request);
    // The parser has left this connection: it ends with the answer, whatever that is.
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.on('finish', () => this.#guard(socket, () => request.socket.destroySoon()));
    void serveRequest(this.#parts, { request, response, expectsContinue: false, upgrade: { socket, head } });
  }

  async #serve(arrival: Arrival): Promise<boolean> {
    const { request, response } = arrival;
    const closed = new Promise((resolve) => response.once('close', resolve));
    try {
      await serveRequest(this.#parts, arrival);
    } catch (error) {
      this.#lost(request.socket, error);
      return false;
    }
    await closed;
    if (response.shouldKeepAlive) return !request.socket.destroyed;
    // Node closes it where the head has said so. Where the client has ended its side since, it would wait for an answer to what stands
    // behind this request, for ever.
    if (request.socket.writable) request.socket.destroySoon();
    return false;
  }

  /** Bytes that are no request, or a request that did not come in time, or not to its end. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    // What stands behind the last request of a connection is none of our business, and no harm to that request.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    const refusal = refusalFor(error, this.#tables());
    const at = this.#lines.breakPoint(socket);
    const running = this.#parts.connections.running(socket);
    if (refusal === 'gone' || (refusal === 'ended' && at === 'in-running')) {
      for (const exchange of running) exchange.clientClosed();
      socket.destroy();
      return;
    }
    // Node's parser says it again for each piece that still comes.
    if (socket.writableEnded) return;
    if (at === 'between' || at === 'in-waiting') return this.#endWith(socket, refusal);
    for (const exchange of running) exchange.refuseBody(refusal === 'ended' ? 'bad_request' : refusal);
    // It has been answered; what followed was its body.
    if (running.length === 0) socket.destroySoon();
  }

  /** The last word on a connection, once all that came before is answered. `ended`: none. */
  #endWith(socket: Socket, refusal: ErrorCode | 'ended'): void {
    this.#lines.finish(socket, {
      isWhole: () => true,
      run: () => {
        this.#guard(socket, () => {
          if (refusal === 'ended') return socket.destroySoon();
          countRefusal(this.#parts.context, refusal);
          replyAndClose(socket, refusal, { date: this.#parts.date.now(), headOnly: false });
        });
        return Promise.resolve(false);
      },
    });
  }

  /** A bug ends the connection that met it: node's own state of it may be half way. */
  #guard(socket: Duplex, run: () => void): void {
    guarded((error) => this.#lost(socket, error), run)();
  }

  #lost(socket: Duplex, error: unknown): void {
    this.#parts.bug(error);
    socket.destroy();
  }

  #tables(): HeadTables {
    return this.#parts.scratch.tables(this.#parts.context.table().forwarding.limits);
  }
}

/** Destroys the connection, unless something is written to it within that time, or is still on its way to it. */
function destroyUnlessWritten(socket: Socket, limitMs: number): void {
  const before = socket.bytesWritten;
  const timer = setTimeout(() => {
    if (socket.bytesWritten === before && socket.writableLength === 0) cutSocket(socket);
  }, limitMs);
  socket.once('close', () => clearTimeout(timer));
}
