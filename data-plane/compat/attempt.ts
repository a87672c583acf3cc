/**
 * One attempt through http-proxy-3: from handing the request over to the response head, to a tunnel, or to a failure
 * with its reason. http-proxy-3 makes the upstream request, pipes the body and watches for aborts. What it would do to
 * path, header fields and framing is undone here before anything is sent: it normalises paths, drops a lone `?`,
 * merges fields and replaces the framing of DELETE and OPTIONS. It does not retry, and does not see the response.
 */
import type { Agent, ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createProxyServer, type ProxyServer } from 'http-proxy-3';
import type { FailureReason } from '#shared/outcome.js';
import type { TimeoutSettings } from '#shared/settings.js';
import type { BackendEntry } from '../routing/routing-table.js';
import { isPlainResponse, isSwitchTo } from './check-response.js';
import type { BodyFeed, RequestBody } from './request-body.js';
import { passTrailers } from './trailers.js';

export type AttemptEnd =
  | { readonly kind: 'response'; readonly response: IncomingMessage; readonly upstream: ClientRequest }
  | {
      readonly kind: 'upgraded';
      readonly response: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      /** An idle connection that the backend had closed meanwhile: says nothing about the backend. */
      readonly stale: boolean;
    }
  /** The client stopped sending its body. */
  | { readonly kind: 'client-timeout' }
  | { readonly kind: 'client-gone' };

export interface AttemptOrder {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: RequestBody;
  readonly backend: BackendEntry;
  readonly agent: Agent;
  /** The protocol that the client asked for, if it may have another. */
  readonly upgrade: string | null;
  /** Target to send, as it is. */
  readonly target: string;
  /** Fields to send: name, value, name, value… */
  readonly fields: readonly string[];
  readonly timeouts: TimeoutSettings;
  /** Most header fields of a response. */
  readonly headerCount: number;
  /** Longest wait for the response head. Asked when the request is sent. */
  headMs(): number;
  /** Told of each interim response. */
  onInformation(information: InformationEvent): void;
}

/** Interim responses let through for one request. More is an attack or a fault. */
export const MAX_INTERIM_RESPONSES = 16;

export class AttemptRunner {
  readonly #proxy: ProxyServer;
  readonly #running = new WeakMap<IncomingMessage, Attempt>();

  constructor() {
    this.#proxy = createProxyServer({
      secure: true,
      xfwd: false,
      // Paths are passed as they are, not parsed and written anew.
      toProxy: true,
      prependPath: false,
      selfHandleResponse: true,
    });
    this.#proxy.on('proxyReq', (upstream, request, _response, _options, socket) => {
      this.#running.get(request)?.begun(upstream, socket);
    });
    this.#proxy.on('econnreset', (_error, request) => this.#running.get(request)?.abort());
    // Errors go to the callback of each attempt; without a listener http-proxy-3 would throw them.
    this.#proxy.on('error', (error, request) => this.#running.get(request)?.failed(error));
  }

  run(order: AttemptOrder): Promise<AttemptEnd> {
    return new Promise((resolve) => {
      const attempt = new Attempt(order, resolve);
      this.#running.set(order.request, attempt);
      // http-proxy-3 reads these, and some of its steps depend on what they say; the real ones are set in `begun`.
      order.request.headers = {};
      const { protocol, host, port } = order.backend.address;
      try {
        this.#proxy.web(
          order.request,
          order.response,
          {
            target: { protocol: `${protocol}:`, host, port },
            agent: order.agent,
            buffer: attempt.feed,
          },
          (error) => attempt.failed(error),
        );
      } catch (error) {
        attempt.failed(error);
      }
    });
  }

  /** The client has gone: ends the attempt that runs for this request, if any. */
  abort(request: IncomingMessage): void {
    this.#running.get(request)?.abort();
  }
}

class Attempt {
  readonly feed: BodyFeed;
  readonly #order: AttemptOrder;
  readonly #resolve: (end: AttemptEnd) => void;
  #upstream: ClientRequest | null = null;
  #connected = false;
  #ended = false;
  #timer: NodeJS.Timeout | null = null;
  #interim = 0;

  constructor(order: AttemptOrder, resolve: (end: AttemptEnd) => void) {
    this.#order = order;
    this.#resolve = resolve;
    this.feed = order.body.open();
    // Before http-proxy-3 pipes the feed: its end ends the upstream request, and trailers come before that.
    this.feed.on('end', () => this.#sendTrailers());
    this.feed.on('data', () => this.#timer?.refresh());
  }

  begun(upstream: ClientRequest, socket: Socket): void {
    this.#upstream = upstream;
    if (this.#ended) {
      upstream.destroy();
      return;
    }
    if (upstream.headersSent) {
      this.#end({ kind: 'failed', reason: 'connect', stale: false });
      return;
    }
    this.#rewriteHead(upstream);
    // One more than allowed: node would cut the list silently, and what it hides would still count for it.
    upstream.maxHeadersCount = this.#order.headerCount + 1;
    upstream.on('response', (response) => this.#responded(response));
    upstream.on('upgrade', (response, tunnel, head) => this.#upgraded(response, tunnel, head));
    upstream.on('information', (information) => this.#informed(information));
    upstream.on('error', (error) => this.failed(error));
    upstream.on('close', () => this.failed(new Error('closed before the response')));
    upstream.on('finish', () => this.#awaitHead());
    if (isConnected(socket)) {
      this.#onConnected();
      return;
    }
    this.#startTimer(this.#order.timeouts.connectMs, () => {
      this.#end({ kind: 'failed', reason: 'connect', stale: false });
    });
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => this.#onConnected());
  }

  failed(error: unknown): void {
    if (this.#ended) return;
    const reason = this.#connected ? reasonOf(error) : 'connect';
    const stale = reason === 'reset' && this.#upstream?.reusedSocket === true;
    this.#end({ kind: 'failed', reason, stale });
  }

  abort(): void {
    this.#end({ kind: 'client-gone' });
  }

  #onConnected(): void {
    if (this.#ended) return;
    this.#connected = true;
    this.feed.start();
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (upstream.writableFinished) this.#awaitHead();
    else if (this.#order.body.expected) {
      this.#watchBody();
      // Head and first chunk leave together when the chunk is there already; else the head goes alone.
      setImmediate(() => {
        if (!this.#ended && !upstream.headersSent) upstream.flushHeaders();
      });
    } else this.#clearTimer();
  }

  /** While the body is on its way: whoever makes it wait too long is to blame. */
  #watchBody(): void {
    this.#startTimer(this.#order.timeouts.requestBodyIdleMs, () => {
      if (this.#order.body.awaitsClient()) this.#end({ kind: 'client-timeout' });
      else this.#end({ kind: 'failed', reason: 'timeout', stale: false });
    });
  }

  #awaitHead(): void {
    if (this.#ended) return;
    this.#startTimer(this.#order.headMs(), () => {
      this.#end({ kind: 'failed', reason: 'timeout', stale: false });
    });
  }

  #responded(response: IncomingMessage): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    response.on('error', () => undefined);
    // An interim status where the final one belongs, or a switch of protocols nobody asked for.
    const plain = (response.statusCode ?? 0) >= 200 && isPlainResponse(response, this.#order.headerCount);
    if (plain) this.#end({ kind: 'response', response, upstream });
    else this.#end({ kind: 'failed', reason: 'malformed', stale: false });
  }

  #upgraded(response: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const { upgrade } = this.#order;
    const agreed =
      upgrade !== null && response.statusCode === 101 && isSwitchTo(response.rawHeaders, upgrade);
    if (this.#ended || !agreed || !isPlainResponse(response, this.#order.headerCount)) {
      socket.destroy();
      this.#end({ kind: 'failed', reason: 'malformed', stale: false });
    } else this.#end({ kind: 'upgraded', response, socket, head });
  }

  #informed(information: InformationEvent): void {
    if (this.#ended) return;
    this.#interim += 1;
    if (this.#interim > MAX_INTERIM_RESPONSES)
      this.#end({ kind: 'failed', reason: 'malformed', stale: false });
    else this.#order.onInformation(information);
  }

  /** Sets target and fields as they are to be, whatever http-proxy-3 has set. Runs before anything is sent. */
  #rewriteHead(upstream: ClientRequest): void {
    upstream.path = this.#order.target;
    for (const name of upstream.getRawHeaderNames()) upstream.removeHeader(name);
    const { fields } = this.#order;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      upstream.appendHeader(fields[i] ?? '', fields[i + 1] ?? '');
    }
  }

  #sendTrailers(): void {
    const trailers = passTrailers(this.#order.request.rawTrailers);
    if (trailers.length > 0) this.#upstream?.addTrailers(trailers);
  }

  #startTimer(ms: number, callback: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(callback, ms);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #end(end: AttemptEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clearTimer();
    if (end.kind !== 'response' && end.kind !== 'upgraded') {
      this.feed.destroy();
      this.#upstream?.destroy();
    }
    this.#resolve(end);
  }
}

function isConnected(socket: Socket): boolean {
  if (socket.connecting) return false;
  // `authorized` is false until a handshake has been verified.
  return !(socket instanceof TLSSocket) || socket.authorized;
}

/** Why an attempt on an established connection failed. The parser's errors begin with HPE. */
function reasonOf(error: unknown): FailureReason {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('HPE_') ? 'malformed' : 'reset';
}
