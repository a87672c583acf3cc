/**
 * Keeps room on the admin listener, so that probes, scrapes and the command line are answered whatever else holds
 * connections open. At the limit the connection that waits longest for a request, or for the rest of one, gives way to
 * a new one; without such a connection, the one whose client has been taking its answer for the longest. A connection
 * whose request is being worked on, and a stream of events (which has its own limits), are left alone.
 *
 * Node's own limits of time end what comes too slowly; here only the time to take an answer is bounded.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import type { AdminConnectionEnd } from '#shared/metric-labels.js';

export interface ConnectionLimits {
  /** Connections at once. */
  readonly count: number;
  /** A request's head must have arrived within this, also the first one of a connection… */
  readonly headMs: number;
  /** …and all of the request within this. */
  readonly requestMs: number;
  /** An answer must have been taken within this. */
  readonly answerMs: number;
  /** A connection on which nothing moves, while a request comes or an answer goes. */
  readonly stallMs: number;
  /** Between two requests. */
  readonly keepAliveMs: number;
  /** How often the limits of time are looked after. */
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

/** Between two warnings about a full listener. */
const WARNING_EVERY_MS = 60_000;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When it was seen first that the whole answer waits for its client. */
  endedAt: number | null;
}

interface Connection {
  readonly exchanges: Set<Exchange>;
  isStream: boolean;
}

interface AdminConnectionsOptions {
  readonly limits: ConnectionLimits;
  readonly timers: Timers;
  /** Milliseconds, of any beginning. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Told of each connection that was ended, and why. */
  readonly ended: (why: AdminConnectionEnd) => void;
}

export class AdminConnections {
  readonly #options: AdminConnectionsOptions;
  /** In the order in which they came. */
  readonly #open = new Map<Socket, Connection>();
  #sweep: TimerHandle | null = null;
  #warnedAt = -Infinity;

  constructor(server: Server, options: AdminConnectionsOptions) {
    this.#options = options;
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#asked(request, response);
    });
    // With a listener here, ending the connection is ours to do.
    server.on('timeout', (socket: Socket) => this.#stalled(socket));
    this.#sweepLater();
  }

  /** The connection has become a stream of events: it ends by the rules of streams. */
  streams(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.isStream = true;
    socket.setTimeout(0);
  }

  /** Tells of a connection that was ended because what it sent came too late. */
  cameLate(): void {
    this.#options.ended('late');
  }

  /** Ends every connection that has no whole request: nobody waits for those. */
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

  /** Nothing has moved on it. Between two requests that is its good right for a while; while we work, our own doing. */
  #stalled(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined && isWorkedOn(connection)) return;
    if (connection !== undefined && connection.exchanges.size > 0) this.#end(socket, 'late');
    else socket.destroy();
  }

  /** Ends the connection that can be missed most. False: there is none. */
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

  /** Ends connections whose clients take too long to take their answers. */
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

/** Whether a whole request has come that is not yet answered. */
function isAsked({ exchanges }: Connection): boolean {
  for (const { request } of exchanges) if (request.complete) return true;
  return false;
}

/** Whether a whole request has come whose answer is not made yet. */
function isWorkedOn({ exchanges }: Connection): boolean {
  for (const { request, response } of exchanges) if (request.complete && !response.writableEnded) return true;
  return false;
}

/** Whether an answer waits for its client for longer than it may. */
function isUnread(connection: Connection, now: number, answerMs: number): boolean {
  if (connection.isStream) return false;
  for (const exchange of connection.exchanges) {
    if (!exchange.response.writableEnded) continue;
    exchange.endedAt ??= now;
    if (now - exchange.endedAt > answerMs) return true;
  }
  return false;
}

/** Whether an answer is ready that its client has not taken. */
function waitsForReader({ exchanges, isStream }: Connection): boolean {
  if (isStream) return false;
  for (const { response } of exchanges) if (response.writableEnded) return true;
  return false;
}
