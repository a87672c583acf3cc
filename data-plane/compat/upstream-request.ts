/**
 * One request to a backend: from handing it to http-proxy-3 to the response head, to a tunnel, or to a failure with its
 * reason. http-proxy-3 pipes the body and watches for aborts. What it would do to path, header fields and framing is undone
 * here before anything is sent: it normalises paths, drops a lone `?`, merges fields and replaces the framing of
 * DELETE and OPTIONS. What follows from the end is `attempt.ts`'s.
 */
import type { ClientRequest, IncomingMessage, InformationEvent } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { cutSocket } from '../cut-socket.js';
import { isOwnFault } from '#shared/platform/open-files.js';
import type { FailureReason } from '#shared/outcome.js';
import { MAX_INTERIM_RESPONSES } from '../engine-limits.js';
import { guarded } from '../guarded.js';
import { readResponse, type ResponseFacts } from './check-response.js';
import { checkTrailers, trailerPairs } from './check-trailers.js';
import type { BodyFeed } from './request-body.js';
import type { ResponseHead } from '../http1/wire/response-head.js';
import type { UpstreamEnd, UpstreamOrder } from './upstream-order.js';
import { UpstreamPatience } from './upstream-patience.js';

export class UpstreamRequest {
  readonly feed: BodyFeed;
  readonly end: Promise<UpstreamEnd>;
  readonly #order: UpstreamOrder;
  readonly #patience: UpstreamPatience;
  readonly #settle: (end: UpstreamEnd) => void;
  #upstream: ClientRequest | null = null;
  /** What had been read on the connection before this request. */
  #readBefore = 0;
  #isConnected = false;
  #hasEnded = false;
  #interim = 0;

  constructor(order: UpstreamOrder) {
    const { promise, resolve } = Promise.withResolvers<UpstreamEnd>();
    this.#order = order;
    this.end = promise;
    this.#settle = resolve;
    this.feed = order.body.open();
    this.#patience = new UpstreamPatience(order, (end) => this.#end(end));
    // Before http-proxy-3 pipes the feed: its end ends the upstream request, and trailers come before that.
    this.feed.on(
      'end',
      this.#guarded(() => this.#sendTrailers()),
    );
    this.feed.on(
      'data',
      this.#guarded(() => this.#patience.bodyMoved()),
    );
  }

  /** The request has a connection, on which nothing was sent for it yet. */
  begun(upstream: ClientRequest, socket: Socket): void {
    this.#guarded(() => this.#begin(upstream, socket))();
  }

  #begin(upstream: ClientRequest, socket: Socket): void {
    this.#upstream = upstream;
    if (this.#hasEnded) {
      upstream.destroy();
      return;
    }
    if (upstream.headersSent) throw new Error('a head that nobody has looked at was sent');
    this.#rewriteHead(upstream);
    this.#readBefore = socket.bytesRead;
    upstream.on(
      'response',
      this.#guarded((response: IncomingMessage) => this.#responded(response)),
    );
    upstream.on(
      'upgrade',
      this.#guarded((response: IncomingMessage, tunnel: Duplex, head: Buffer) =>
        this.#upgraded(response, tunnel, head),
      ),
    );
    upstream.on(
      'information',
      this.#guarded((information: InformationEvent) => this.#informed(information)),
    );
    upstream.on('error', (error) => this.failed(error));
    upstream.on('close', () => this.failed(new Error('closed before the response')));
    upstream.on(
      'finish',
      this.#guarded(() => {
        if (!this.#hasEnded) this.#patience.awaitHead();
      }),
    );
    // One that is kept has been connected: where it is gone by now the backend has closed it, and nobody has failed to connect.
    if (upstream.reusedSocket || isConnected(socket)) return this.#connected();
    this.#patience.awaitConnection();
    socket.once(
      socket instanceof TLSSocket ? 'secureConnect' : 'connect',
      this.#guarded(() => this.#connected()),
    );
  }

  /** By what node says of the connection or of what came on it. */
  failed(error: unknown): void {
    this.#guarded(() => {
      if (this.#hasEnded) return;
      if (isOurFault(error)) this.lost(error);
      else if (this.#isConnected) this.#fail(reasonOf(error));
      else if (isOwnFault(codeOf(error) ?? '')) this.#end({ kind: 'overloaded', code: codeOf(error) ?? '' });
      else this.#fail('connect');
    })();
  }

  /** By an exception where none should be: whatever led to it, the backend has no part in it. */
  lost(error: unknown): void {
    this.#order.onBug(error);
    this.abort();
  }

  /** Ends it at once, in the middle of its answer too. */
  abort(): void {
    this.#end({ kind: 'aborted' });
    this.feed.destroy();
    this.#giveUp();
  }

  #connected(): void {
    const upstream = this.#upstream;
    if (this.#hasEnded || upstream === null) return;
    this.#isConnected = true;
    this.feed.start();
    if (upstream.writableFinished || !this.#order.body.isExpected) return this.#patience.awaitHead();
    this.#patience.awaitBody();
    // Head and first chunk leave together when the chunk is there already; else the head goes alone.
    setImmediate(
      this.#guarded(() => {
        if (!this.#hasEnded && !upstream.headersSent) upstream.flushHeaders();
      }),
    );
  }

  #guarded<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void {
    return guarded((error) => this.lost(error), run);
  }

  #responded(response: IncomingMessage): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    response.on('error', () => undefined);
    // An interim status where the final one belongs, or a switch of protocols nobody asked for.
    const isFinal = (response.statusCode ?? 0) >= 200;
    const head = isFinal ? this.#read(response) : null;
    if (head === null) return this.#fail('malformed');
    // Node keeps connections that the native engine does not: 204 with chunks may be followed by some.
    if (!head.keepAlive) upstream.shouldKeepAlive = false;
    this.#end({ kind: 'response', response, upstream, feed: this.feed });
  }

  #upgraded(response: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    // Without a 101 there is no upgrade, whatever the fields say, nor before the end of the request.
    if (this.#hasEnded || response.statusCode !== 101 || this.#read(response) === null) {
      socket.destroy();
      this.#fail('malformed');
    } else if (!this.#order.body.isComplete) {
      socket.destroy();
      this.#end({ kind: 'switched-early' });
    } else this.#end({ kind: 'upgraded', response, socket, head });
  }

  #informed(information: InformationEvent): void {
    if (this.#hasEnded) return;
    this.#interim += 1;
    if (this.#interim > MAX_INTERIM_RESPONSES || this.#read(information) === null) {
      return this.#fail('malformed');
    }
    if (information.statusCode === 100) this.#patience.continued();
    this.#order.onInformation(information);
  }

  #read(head: ResponseFacts): ResponseHead | null {
    const { request, parts, settings, upgrade } = this.#order;
    const method = request.method ?? '';
    return readResponse(parts.scratch.tables(settings.limits), head, { method, upgrade });
  }

  /** Sets target and fields as they are to be, whatever http-proxy-3 has set. Runs before anything is sent. */
  #rewriteHead(upstream: ClientRequest): void {
    const { fields, request, target } = this.#order;
    upstream.path = target;
    // Node writes it in upper case.
    upstream.method = request.method ?? '';
    for (const name of upstream.getRawHeaderNames()) upstream.removeHeader(name);
    for (let i = 0; i + 1 < fields.length; i += 2) {
      upstream.appendHeader(fields[i] ?? '', fields[i + 1] ?? '');
    }
  }

  #sendTrailers(): void {
    const { request, settings } = this.#order;
    const refusal = checkTrailers(request.rawTrailers, settings.limits);
    if (refusal !== null) this.#order.onBadTrailers(refusal);
    else this.#upstream?.addTrailers(trailerPairs(request.rawTrailers));
  }

  #fail(reason: FailureReason): void {
    const upstream = this.#upstream;
    const hasHeard = upstream?.socket?.bytesRead !== this.#readBefore;
    const stale = reason === 'reset' && upstream?.reusedSocket === true && !hasHeard;
    this.#end({ kind: 'failed', reason, stale });
  }

  #giveUp(): void {
    const socket = this.#upstream?.socket;
    if (socket?.writableLength) cutSocket(socket);
    this.#upstream?.destroy();
  }

  #end(end: UpstreamEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#patience.end();
    if (end.kind !== 'response' && end.kind !== 'upgraded') {
      this.feed.destroy();
      this.#giveUp();
    }
    this.#settle(end);
  }
}

/** Whether node refused what it was given to send, rather than that something happened to the connection. */
function isOurFault(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && /^ERR_(?:HTTP|INVALID|STREAM)_/.test(code);
}

function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

function isConnected(socket: Socket): boolean {
  // Where the system refuses at once there is none either.
  if (socket.connecting || socket.destroyed) return false;
  // `authorized` is false until a handshake has been verified.
  return !(socket instanceof TLSSocket) || socket.authorized;
}

/** Why a request on an established connection failed. The parser's errors begin with HPE. */
function reasonOf(error: unknown): FailureReason {
  return codeOf(error)?.startsWith('HPE_') === true ? 'malformed' : 'reset';
}
