/**
 * Hands the response of a backend to the client: head with the fields given, body as it comes, trailers, and the break
 * when it breaks. A body cut short is never ended cleanly: the client must see that something is missing.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { cutSocket, resetSocket } from '../cut-socket.js';
import { guarded } from '../guarded.js';
import { sendingPatienceMs, type Sending, type SendingBody } from '../patience.js';
import type { DownstreamResponse } from './downstream.js';
import { checkTrailers, trailerPairs } from './check-trailers.js';
import { pipeInto } from './pipe.js';

/**
 * broken: the backend broke off within the body, or made the client wait too long. client-gone: the client went away, or
 * did not read for too long.
 */
export type RelayEnd = 'complete' | 'broken' | 'client-gone';

export interface RelayOrder extends Sending {
  readonly body: SendingBody;
  /** The body on its way to the backend. */
  readonly feed: Readable;
  readonly upstream: ClientRequest;
  readonly from: IncomingMessage;
  readonly to: DownstreamResponse;
  onBytes(count: number): void;
  /** Told of an exception where none should be. The answer breaks off. */
  onBug(error: unknown): void;
}

/**
 * Writes the response head. `false`: it cannot be written, which means that the backend sent something unfit.
 * @param asked the request that it answers
 */
export function writeHead(
  from: IncomingMessage,
  to: DownstreamResponse,
  fields: readonly string[],
  asked: IncomingMessage,
): boolean {
  try {
    const status = from.statusCode ?? 0;
    to.writeHead(status, from.statusMessage ?? '', fitting(status, fields, asked));
    return true;
  } catch {
    // Node refuses what would not make a message; nothing was sent yet, and what it has kept of it must not spoil our own answer.
    to.statusMessage = '';
    return false;
  }
}

/** Passes on body and trailers, after `writeHead`. Where that does not come to its end, `cut` is to follow. */
export function relayBody(order: RelayOrder): Promise<RelayEnd> {
  const { from, to } = order;
  const onBug = (error: unknown): void => order.onBug(error);
  return new Promise((resolve) => {
    let running = true;
    let bytes = 0;
    const finish = (end: RelayEnd): void => {
      if (!running) return;
      running = false;
      clearTimeout(timer);
      if (end !== 'complete') {
        order.upstream.destroy();
        // Of a response that has come whole but was not read whole, node would keep the connection, and never use it again.
        from.destroy();
      }
      resolve(end);
    };
    // Nothing moved: the client does not read, or is late with its body, or the backend does not send. What waits here, be it the
    // end alone, waits for the client.
    const isClientLate = (): boolean => from.complete || to.writableLength > 0 || order.body.awaitsClient;
    const timer = setTimeout(
      guarded(onBug, () => finish(isClientLate() ? 'client-gone' : 'broken')),
      order.settings.timeouts.responseIdleMs,
    );
    // An early answer does not set the client free of the floor; what the backend sends meanwhile is another matter.
    order.feed.on(
      'data',
      guarded(onBug, () => {
        if (running && sendingPatienceMs(order) !== 0) timer.refresh();
      }),
    );
    from.on(
      'data',
      guarded(onBug, (chunk: Buffer) => {
        bytes += chunk.length;
        order.onBytes(chunk.length);
        timer.refresh();
      }),
    );
    watchUpstream(order, () => finish('broken'));
    from.on(
      'end',
      guarded(onBug, () => {
        if (!running) return;
        if (!from.complete || checkTrailers(from.rawTrailers, order.settings.limits) !== null) {
          finish('broken');
          return;
        }
        if (to.chunkedEncoding) to.addTrailers(trailerPairs(from.rawTrailers));
        to.end();
      }),
    );
    to.on('drain', () => timer.refresh());
    to.on('finish', () => finish('complete'));
    to.on('error', () => finish('client-gone'));
    to.on('close', () => finish(to.writableFinished ? 'complete' : 'client-gone'));
    if (to.destroyed) finish('client-gone');
    pipeInto(from, to, onBug, { end: false });
    // A stream of events has a head long before it has a body; both leave together when the body is there already.
    setImmediate(
      guarded(onBug, () => {
        if (running && bytes === 0 && !to.writableEnded) to.flushHeaders();
      }),
    );
  });
}

/** Tells when the backend breaks off within the body. */
function watchUpstream({ from, upstream }: RelayOrder, onBroken: () => void): void {
  const unlessComplete = (): void => {
    if (!from.complete) onBroken();
  };
  from.on('error', onBroken);
  // Node takes the end of the connection for the end of a body that nothing else ends, be it a clean one or a reset: only
  // the error, which comes before, tells them apart.
  upstream.on('error', unlessComplete);
  from.on('close', unlessComplete);
}

/** Without what would announce a body, or something after it, where there is none. Node throws at a Trailer that no chunks precede. */
function fitting(status: number, fields: readonly string[], asked: IncomingMessage): string[] {
  const hasLength = fields.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-length');
  const isChunked =
    !hasLength && status !== 204 && status !== 304 && asked.method !== 'HEAD' && asked.httpVersion !== '1.0';
  const isLeftOut = (at: number): boolean => {
    const name = fields[at - (at % 2)]?.toLowerCase();
    // RFC 9110 §8.6: a message that has no body has no length of one.
    return name === 'content-length' ? status === 204 : name === 'trailer' && !isChunked;
  };
  return fields.filter((_text, at) => !isLeftOut(at));
}

/**
 * Ends the connection, or the stream on it, so that nobody takes the message for whole, even when only its end would mark the
 * body's. @param fields of the head that was written
 */
export function cut(to: DownstreamResponse, fields: readonly string[]): void {
  const { socket } = to;
  if (socket === null) {
    to.destroy();
    return;
  }
  const framed =
    to.chunkedEncoding || fields.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-length');
  // Only a reset tells a client that reads until the end. (TLS has no reset, but an end without notice is as clear.)
  if (framed || socket instanceof TLSSocket) cutSocket(socket);
  else resetSocket(socket);
}
