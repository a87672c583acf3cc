/**
 * All HTTP/2 connections of a worker. Both engines hand them over after the TLS handshake, when the client has chosen `h2`;
 * HTTP/1.1 on the same listener stays with the engine. Does not listen, and does not own the sockets.
 */
import type { TLSSocket } from 'node:tls';
import type { Arrival } from '../compat/arrival.js';
import type { ForwarderDeps } from '../forwarder.js';
import { guarded } from '../guarded.js';
import { Http2Connection } from './http2-connection.js';
import { TurnPace } from './turn-pace.js';

/** How often connections are looked at for bytes that nothing explains, milliseconds. */
export const INSPECTION_MS = 1_000;

/** What a TLS listener offers, the first choice first. */
export function alpnProtocols(h2: boolean): string[] {
  return h2 ? ['h2', 'http/1.1'] : ['http/1.1'];
}

export class Http2Connections {
  readonly #context: ForwarderDeps;
  readonly #onRequest: (arrival: Arrival) => void;
  readonly #bug: (error: unknown) => void;
  readonly #open = new Set<Http2Connection>();
  readonly #pace = new TurnPace(setImmediate);
  #inspection: NodeJS.Timeout | null = null;
  #retired = false;

  /** @param bug told of an exception where none should be */
  constructor(context: ForwarderDeps, onRequest: (arrival: Arrival) => void, bug: (error: unknown) => void) {
    this.#context = context;
    this.#onRequest = onRequest;
    this.#bug = bug;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @param socket after the handshake; nobody else may read or write it from now on */
  accept(socket: TLSSocket): void {
    if (socket.destroyed) return;
    guarded(
      (error) => {
        this.#bug(error);
        socket.destroy();
      },
      () => this.#begin(socket),
    )();
  }

  #begin(socket: TLSSocket): void {
    const { timeouts, limits } = this.#context.table().forwarding;
    const connection = new Http2Connection(socket, {
      limits,
      idleMs: timeouts.keepAliveMs,
      answerIdleMs: timeouts.responseIdleMs,
      silenceMs: () => this.#context.table().silenceMs,
      monotonic: () => this.#context.monotonic(),
      onRequest: this.#onRequest,
      later: (run, cost) => this.#pace.add(connection, run, cost),
      onClosed: () => this.#closed(connection),
      bug: this.#bug,
      onMisconduct: (reason) =>
        this.#context.logger.warn({ client: socket.remoteAddress, reason }, 'HTTP/2 connection closed'),
    });
    this.#open.add(connection);
    this.#inspection ??= setInterval(() => {
      for (const each of this.#open) guarded(this.#bug, () => each.inspect())();
    }, INSPECTION_MS).unref();
    if (this.#retired) connection.retire();
  }

  /** Tells all clients, now and later ones, that no further request is taken (GOAWAY). Running ones end as they would. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#open) connection.retire();
  }

  #closed(connection: Http2Connection): void {
    this.#open.delete(connection);
    if (this.#open.size > 0 || this.#inspection === null) return;
    clearInterval(this.#inspection);
    this.#inspection = null;
  }
}
