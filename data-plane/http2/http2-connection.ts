/**
 * One HTTP/2 connection of a client, from the TLS handshake to the last byte: its limits, its streams, when it is idle, when it has
 * misbehaved, and how it ends. Protocol and flow control are node's (nghttp2); what a request is answered with is not
 * decided here.
 */
import { constants, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { resetSocket } from '../cut-socket.js';
import type { LimitSettings } from '#shared/settings.js';
import type { Arrival } from '../compat/arrival.js';
import { guarded } from '../guarded.js';
import {
  controlFrame,
  createConduct,
  isMostlyOverhead,
  requestBegan,
  streamReset,
  type Conduct,
} from './conduct.js';
import { Farewell } from './farewell.js';
import { GivenUp } from './given-up.js';
import { Http2Request } from './http2-request.js';
import { Http2Response } from './http2-response.js';
import { readRequestFields } from './request-fields.js';
import { sessionOptions } from './session-options.js';
import type { Cost } from './turn-pace.js';
import { Uploads } from './uploads.js';

/** What it costs node to end a stream with its connection, in requests. */
const STREAM_END_COST = 0.2;
/** What it costs to pass over a request whose client left before its turn, in requests. */
const LOST_REQUEST_COST = 0.02;

export interface Http2ConnectionOrder {
  readonly limits: LimitSettings;
  /** How long it may be without a stream. */
  readonly idleMs: number;
  /** How long nothing at all may pass on it: longer than anything that runs on it waits. */
  silenceMs(): number;
  /** How long a client may take nothing of an answer, unless its route says otherwise. */
  readonly answerIdleMs: number;
  monotonic(): number;
  onRequest(arrival: Arrival): void;
  /** Runs it in this connection's turn. */
  later(run: () => void, cost?: Cost): void;
  /** All is over, nothing is left. */
  onClosed(): void;
  /** Closed for this reason before its time. */
  onMisconduct(reason: string): void;
  /** An exception where none should be: told to the log. */
  bug(error: unknown): void;
}

export class Http2Connection {
  readonly #socket: TLSSocket;
  readonly #session: ReturnType<typeof performServerHandshake>;
  readonly #order: Http2ConnectionOrder;
  readonly #conduct: Conduct;
  readonly #givenUp: GivenUp;
  readonly #serverName: string | null;
  readonly #idleTimer: NodeJS.Timeout;
  readonly #farewell: Farewell;
  readonly #uploads: Uploads;
  #ending = false;
  #streams = 0;
  /** When bytes came or went last. */
  #movedAt: number;
  /** How long its streams may be silent, by the routes in force when they began. */
  #silenceMs = 0;
  #inspected: { at: number; received: number; sent: number };
  #requests = 0;
  #bodyBytes = 0;

  /** @param socket after the handshake, with ALPN `h2` and nobody reading it */
  constructor(socket: TLSSocket, order: Http2ConnectionOrder) {
    const at = order.monotonic();
    this.#socket = socket;
    this.#order = order;
    this.#conduct = createConduct(at);
    this.#serverName = serverNameOf(socket);
    this.#movedAt = at;
    this.#farewell = new Farewell(socket, {
      idleMs: order.answerIdleMs,
      monotonic: () => order.monotonic(),
      bug: (error) => order.bug(error),
    });
    this.#inspected = { at, received: socket.bytesRead, sent: socket.bytesWritten };
    const lost = (error: unknown): void => this.#lost(error);
    this.#idleTimer = setTimeout(
      guarded(lost, () => this.#whenIdle()),
      order.idleMs,
    );
    socket.on('error', () => undefined);
    socket.on(
      'close',
      guarded(lost, () => this.#closed()),
    );
    const end = guarded(lost, () => this.#end());
    // The peer has ended its half: there is nobody to answer (RFC 9113 §9.1 knows no half-closed connection).
    socket.on('end', end);
    const session = performServerHandshake(socket, sessionOptions(order.limits));
    this.#session = session;
    this.#givenUp = new GivenUp(session, socket);
    this.#uploads = new Uploads(session, order.limits.uploadWindowBytes);
    session.on('error', end);
    session.on('close', end);
    session.on('stream', (stream, _fields, _flags, raw) => this.#opened(stream, raw));
    const control = guarded(lost, () => this.#control());
    session.on('ping', control);
    session.on('remoteSettings', control);
    session.on(
      'localSettings',
      guarded(lost, () => this.#uploads.tellWindow()),
    );
    session.on('priority', control);
    // Node takes it for a wish to close, waits for what is still to be sent, and may do so for ever: of a client that has gone since
    // it hears nothing more.
    session.on(
      'goaway',
      guarded(lost, () => {
        if (this.#streams === 0) this.#farewell.begin();
      }),
    );
  }

  /** Takes no further requests: those that run are served to their end, then the connection closes. */
  retire(): void {
    if (this.#session.destroyed) return;
    if (!this.#session.closed) this.#session.close();
    if (this.#streams === 0) this.#farewell.begin();
  }

  /** To be called about once a second. */
  inspect(): void {
    const at = this.#order.monotonic();
    const received = this.#socket.bytesRead;
    const sent = this.#socket.bytesWritten;
    const traffic = {
      ms: at - this.#inspected.at,
      received: received - this.#inspected.received,
      sent: sent - this.#inspected.sent,
      requests: this.#requests,
      bodies: this.#bodyBytes,
    };
    this.#inspected = { at, received, sent };
    const silenceMs = Math.max(this.#silenceMs, this.#order.silenceMs());
    const { ownBytes } = this.#givenUp;
    if (this.#givenUp.look()) resetSocket(this.#socket);
    if (traffic.received > 0 || traffic.sent > ownBytes) this.#movedAt = at;
    // All that runs on it has ended by its own times before.
    else if (at - this.#movedAt > silenceMs) resetSocket(this.#socket);
    this.#requests = 0;
    this.#bodyBytes = 0;
    if (this.#uploads.holdMoreThanAllowed) this.#expel('more of bodies than windows allow');
    if (isMostlyOverhead(traffic)) this.#expel('more frames than requests explain');
  }

  /** A bug in a request ends that request. */
  #opened(stream: ServerHttp2Stream, raw: readonly string[]): void {
    const lost = (error: unknown): void => {
      this.#order.bug(error);
      stream.destroy(new Error('lost'));
    };
    guarded(lost, () => this.#take(stream, raw, lost))();
  }

  #take(stream: ServerHttp2Stream, raw: readonly string[], lost: (error: unknown) => void): void {
    const beganAt = this.#order.monotonic();
    // Errors of a stream are seen by its close.
    stream.on('error', () => undefined);
    stream.on(
      'priority',
      guarded(lost, () => this.#control()),
    );
    this.#streams += 1;
    this.#silenceMs = Math.max(this.#silenceMs, this.#order.silenceMs());
    this.#requests += 1;
    requestBegan(this.#conduct);
    let response: Http2Response | null = null;
    const closed = (): void => {
      this.#streams -= 1;
      if (this.#streams === 0) this.#streamless();
      if (response?.writableFinished === true) return;
      if (streamReset(this.#conduct, this.#order.monotonic() - beganAt)) this.#expel('too many resets');
    };
    // What was reset in the packet that opened it never reaches a backend.
    if (stream.closed || stream.destroyed) {
      closed();
      return;
    }
    stream.once('close', guarded(lost, closed));
    const shape = readRequestFields(raw, stream.endAfterHeaders, this.#order.limits);
    if (shape.kind === 'malformed') {
      stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
      // Else it stays until its reset has left, and no time of ours ends it.
      stream.destroy();
      return;
    }
    const request = new Http2Request(stream, this.#socket, shape, {
      onBytes: (count) => {
        this.#bodyBytes += count;
        this.#uploads.moved(count);
      },
      onBug: lost,
    });
    if (!stream.endAfterHeaders) this.#uploads.began(stream, lost);
    const answer = new Http2Response(stream, request, {
      idleMs: this.#order.answerIdleMs,
      later: (run) => this.#order.later(guarded(lost, run)),
      onBug: lost,
    });
    response = answer;
    const arrival: Arrival = {
      request,
      response: answer,
      expectsContinue: shape.expectsContinue,
      upgrade: null,
      shared: {
        retire: () => this.retire(),
        awaitClient: (idleMs) => (answer.idleMs = idleMs),
        serverName: this.#serverName,
      },
      ...(shape.refusal === null ? {} : { refusal: shape.refusal }),
    };
    this.#order.later(
      guarded(lost, () => {
        // Who has left meanwhile is not worth a connection to a backend.
        if (answer.isLost) return;
        answer.begin();
        this.#order.onRequest(arrival);
      }),
      // Else a flood of resets fills many turns with nothing, and keeps its requests in memory until then.
      () => (answer.isLost ? LOST_REQUEST_COST : 1),
    );
  }

  /** A bug in what is the connection's own ends the connection. */
  #lost(error: unknown): void {
    this.#order.bug(error);
    this.#socket.destroy();
  }

  #control(): void {
    if (controlFrame(this.#conduct, this.#order.monotonic())) this.#expel('too many control frames');
  }

  #streamless(): void {
    this.#silenceMs = 0;
    if (this.#session.closed) this.#farewell.begin();
    else this.#idleTimer.refresh();
  }

  #whenIdle(): void {
    if (this.#streams === 0) this.retire();
  }

  /** Not from within the callback of a frame: nghttp2 may be in the middle of its read buffer (CVE-2026-56848). */
  #expel(reason: string): void {
    if (this.#farewell.isReset) return;
    this.#order.onMisconduct(reason);
    this.#farewell.beginReset();
    setImmediate(
      guarded(
        (error) => this.#lost(error),
        () => this.#session.destroy(new Error(reason), constants.NGHTTP2_ENHANCE_YOUR_CALM),
      ),
    );
  }

  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#farewell.beginReset();
    this.#order.later(
      guarded(
        (error) => this.#lost(error),
        () => this.#session.destroy(),
      ),
      Math.ceil(this.#streams * STREAM_END_COST),
    );
  }

  #closed(): void {
    clearTimeout(this.#idleTimer);
    this.#farewell.stop();
    this.#order.onClosed();
  }
}

/** Node has the name as an own property of a server's sockets: `false` when the client gave none. */
function serverNameOf(socket: TLSSocket & { readonly servername?: unknown }): string | null {
  return typeof socket.servername === 'string' ? socket.servername : null;
}
