/**
 * HTTP/2 for the clients of an engine that speaks only HTTP/1.1 by itself: its requests live here and reach backends through
 * http-proxy-3. Listening and the sockets stay with that engine.
 */
import type { TLSSocket } from 'node:tls';
import type { ForwarderDeps } from '../forwarder.js';
import { Http2Connections } from '../http2/http2-connections.js';
import { createParts, type EngineParts, type PartsOrder } from './engine-parts.js';
import { serveRequest } from './exchange.js';

export class Http2Service {
  readonly #parts: EngineParts;
  readonly #connections: Http2Connections;

  constructor(context: ForwarderDeps, order: PartsOrder) {
    const parts = createParts(context, order);
    this.#parts = parts;
    this.#connections = new Http2Connections(
      context,
      (arrival) => void serveRequest(parts, arrival),
      (error) => parts.bug(error),
    );
  }

  /** @param socket after the handshake, with ALPN `h2`; nobody else may read or write it from now on */
  accept(socket: TLSSocket): void {
    this.#connections.accept(socket);
  }

  /** Takes no further requests. Connections close by themselves when their running ones are served. */
  retire(): void {
    this.#connections.retire();
  }

  /** To be called when all connections are closed. */
  close(): void {
    this.#parts.agents.destroy();
  }
}
