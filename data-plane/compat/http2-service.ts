/**
 * HTTP/2 for the clients of an engine that speaks only HTTP/1.1 by itself: its requests live here and reach backends through
 * http-proxy-3. Listening and the sockets stay with that engine.
 */
import type { TLSSocket } from 'node:tls';
import type { ForwarderContext } from '../forwarder.js';
import { Http2Connections } from '../http2/http2-connections.js';
import type { RetryBudgetState } from '../routing/retry-budget.js';
import { AttemptRunner } from './attempt.js';
import { ClientConnections } from './client-connections.js';
import { handleRequest } from './handle-request.js';
import { UpstreamAgents } from './upstream-agents.js';

export interface Http2ServiceOrder {
  /** Of the worker: retries of all protocols count together. */
  readonly budget: RetryBudgetState;
  isClosing(): boolean;
}

export class Http2Service {
  readonly #agents = new UpstreamAgents();
  readonly #connections: Http2Connections;

  constructor(context: ForwarderContext, order: Http2ServiceOrder) {
    const parts = {
      context,
      agents: this.#agents,
      attempts: new AttemptRunner(),
      connections: new ClientConnections(() => context.monotonic(), context.random),
      budget: order.budget,
      isClosing: () => order.isClosing(),
    };
    this.#connections = new Http2Connections(context, (arrival) => void handleRequest(parts, arrival));
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
    this.#agents.destroy();
  }
}
