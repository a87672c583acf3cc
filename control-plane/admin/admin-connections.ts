/**
 * Keeps room on the admin listener, so that probes, scrapes and the command line get answers, whatever else holds
 * connections open. At the limit, a new connection replaces an older one: the connection that has waited longest for a
 * request or for the rest of one; if there is none, the one that has taken longest to read its answer. Two kinds of
 * connections are never replaced: one with a request that is being worked on, and a stream of events, which has limits
 * of its own.
 *
 * Node's own time limits end requests that arrive too slowly. This file only limits the time to read an answer.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import type { AdminConnectionEnd } from '#shared/metric-labels.js';

export interface ConnectionLimits {
  /** Most connections at once. */
  readonly count: number;
  /**
   * Time for the head of a request to arrive, in milliseconds; for the first one, counted from the opening of the
   * connection.
   */
  readonly headMs: number;
  /** Time for a whole request to arrive, in milliseconds. */
  readonly requestMs: number;
  /** Time for the client to read an answer, in milliseconds. */
  readonly answerMs: number;
  /** Longest time without a byte in either direction, within a request or an answer, in milliseconds. */
  readonly stallMs: number;
  /** Longest time between two requests, in milliseconds. */
  readonly keepAliveMs: number;
  /** How often the time limits are checked, in milliseconds. */
  readonly checkMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  count: 256,
  headMs: 5_000,
  requestMs: 10_000,
  answerMs: 30_000,
  stallMs: 15_000,
  keepAliveMs: 30_000,
  checkMs: 1_000,
};

/** Least time between two warnings about a full listener, in milliseconds. */
const WARNING_EVERY_MS = 60_000;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When a check first saw that the answer is complete and waits for the client to read it; `null` before. */
  endedAt: number | null;
}

interface Connection {
  readonly exchanges: Set<Exchange>;
  isStream: boolean;
}

interface AdminConnectionsOptions {
  readonly limits: ConnectionLimits;
  readonly timers: Timers;
  /** A monotonic clock in milliseconds, with any origin. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Called for each connection that was ended, with the reason. */
  readonly ended: (why: AdminConnectionEnd) => void;
}

export class AdminConnections {
  readonly #options: AdminConnectionsOptions;
  /** In the order of their opening. */
  readonly #open = new Map<Socket, Connection>();
  #sweep: TimerHandle | null = null;
  #warnedAt = -Infinity;

  constructor(server: Server, options: AdminConnectionsOptions) {
    this.#options = options;
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#asked(request, response);
    });
    // Because of this listener, Node does not end the connection itself.
    server.on('timeout', (socket: Socket) => this.#stalled(socket));
    this.#sweepLater();
  }

  /** The connection has become a stream of events, which has limits of its own (`followers.ts`). */
  streams(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.isStream = true;
    socket.setTimeout(0);
  }

  /** Call when a connection was ended because its request came too late. */
  cameLate(): void {
    this.#options.ended('late');
  }

  /** Ends every connection without a whole request, because nobody waits for an answer on it. */
  close(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
    for (const [socket, connection] of this.#open) if (!isAsked(connection)) socket.destroy();
  }

  #opened(socket: Socket): void {
    socket.on('close', () => this.#open.delete(socket));
    if (this.#open.size >= this.#options.limits.count && !this.#makeRoom()) {
      this.#end(socket, 'refused');
      return;
    }
    this.#open.set(socket, { exchanges: new Set(), isStream: false });
  }

  #asked(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#open.get(request.socket);
    if (connection === undefined) return;
    const exchange: Exchange = { request, response, endedAt: null };
    connection.exchanges.add(exchange);
    response.on('close', () => connection.exchanges.delete(exchange));
  }

  /**
   * No byte has moved on the connection for a while. That is not the client's fault while we work on its request.
   * Between two requests it only means that the connection is idle.
   */
  #stalled(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined && isWorkedOn(connection)) return;
    if (connection !== undefined && connection.exchanges.size > 0) this.#end(socket, 'late');
    else socket.destroy();
  }

  /** Ends the connection that matters least. False if all of them matter. */
  #makeRoom(): boolean {
    const found = this.#oldest((connection) => !isAsked(connection)) ?? this.#oldest(waitsForReader);
    if (found === null) return false;
    this.#end(found, 'gave_way');
    return true;
  }

  #oldest(which: (connection: Connection) => boolean): Socket | null {
    for (const [socket, connection] of this.#open) if (which(connection)) return socket;
    return null;
  }

  #end(socket: Socket, why: AdminConnectionEnd): void {
    this.#open.delete(socket);
    socket.destroy();
    this.#options.ended(why);
    if (why !== 'late') this.#warn();
  }

  #warn(): void {
    const { limits, logger, now } = this.#options;
    if (now() - this.#warnedAt < WARNING_EVERY_MS) return;
    this.#warnedAt = now();
    logger.warn(
      { connections: limits.count },
      'the admin listener is full: the oldest connections without a request give way to new ones',
    );
  }

  /** Ends connections with clients that take too long to read their answers. */
  #sweepLater(): void {
    const { limits, timers, now } = this.#options;
    this.#sweep = timers.after(limits.checkMs, () => {
      for (const [socket, connection] of this.#open) {
        if (isUnread(connection, now(), limits.answerMs)) this.#end(socket, 'late');
      }
      this.#sweepLater();
    });
  }
}

/** Whether a whole request has arrived and its answer is not completely sent. */
function isAsked({ exchanges }: Connection): boolean {
  for (const { request } of exchanges) if (request.complete) return true;
  return false;
}

/** Whether a whole request has arrived and its answer is not completely made. */
function isWorkedOn({ exchanges }: Connection): boolean {
  for (const { request, response } of exchanges) if (request.complete && !response.writableEnded) return true;
  return false;
}

/** Whether an answer has waited for its client for too long. */
function isUnread(connection: Connection, now: number, answerMs: number): boolean {
  if (connection.isStream) return false;
  for (const exchange of connection.exchanges) {
    if (!exchange.response.writableEnded) continue;
    exchange.endedAt ??= now;
    if (now - exchange.endedAt > answerMs) return true;
  }
  return false;
}

/** Whether an answer is complete and its client has not read all of it. */
function waitsForReader({ exchanges, isStream }: Connection): boolean {
  if (isStream) return false;
  for (const { response } of exchanges) if (response.writableEnded) return true;
  return false;
}
