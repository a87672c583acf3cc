/**
 * The answer on a stream of HTTP/2. A writable stream, of which the end is the end of the answer; destroyed before, it
 * resets the stream, so that nobody takes what was sent for the whole. Not node's `Http2ServerResponse`: that one reports
 * `finish` for a stream that was reset. Field names lose their case; fields of the connection must have been left out.
 */
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Writable } from 'node:stream';
import type { OutgoingHttpHeader } from 'node:http';
import type { DownstreamResponse } from '../compat/downstream.js';
import { guarded } from '../guarded.js';
import type { Http2Request } from './http2-request.js';

/** How long a client may go on sending a body after the whole answer, milliseconds (RFC 9113 §8.1). */
const LATE_BODY_MS = 2_000;

/**
 * Bytes of an answer that wait for the client's window before its backend is not read any more: a hundred answers can be held by
 * one connection that asks for all and takes none.
 */
const HELD_BYTES = 2 * 1024;

export interface Http2ResponseOrder {
  /** How long the client may take nothing, milliseconds. */
  readonly idleMs: number;
  /** Runs it when there is time for it. */
  later(run: () => void): void;
  /** An exception where none should be. */
  readonly onBug: (error: unknown) => void;
}

export class Http2Response extends Writable implements DownstreamResponse {
  readonly socket = null;
  shouldKeepAlive = true;
  statusMessage = '';
  chunkedEncoding = false;
  readonly #stream: ServerHttp2Stream;
  readonly #request: Http2Request;
  /** How long the client may take nothing, milliseconds. */
  idleMs: number;
  readonly #onBug: (error: unknown) => void;
  #trailers: OutgoingHttpHeaders = {};
  #isBegun = false;
  #isGivenUp = false;
  /** For the client to take what was written last. */
  #patience: NodeJS.Timeout | null = null;
  #isWaiting = false;
  /** Set while the answer has been written and its trailers have not been asked for. */
  #trailersSent: (() => void) | null = null;

  constructor(stream: ServerHttp2Stream, request: Http2Request, order: Http2ResponseOrder) {
    super({ decodeStrings: false, highWaterMark: HELD_BYTES });
    this.#stream = stream;
    this.#request = request;
    this.idleMs = order.idleMs;
    this.#onBug = order.onBug;
    // Whoever uses the answer adds a listener of its own; a lost client must not end the process meanwhile.
    this.on('error', () => undefined);
    // A hundred streams can be reset in one packet, and giving one up that has begun closes a connection to a backend.
    const lost = (): void => {
      if (this.#isGivenUp || this.writableFinished) return;
      this.#isGivenUp = true;
      // At once, so that it does not count for the concurrency of the connection any more.
      stream.destroy();
      if (this.#isBegun) order.later(() => this.#giveUp());
      else this.#giveUp();
    };
    stream.on('aborted', guarded(this.#onBug, lost));
    stream.on('close', guarded(this.#onBug, lost));
  }

  /** From now on somebody works on the answer. */
  begin(): void {
    this.#isBegun = true;
  }

  /** Nobody will see anything of it any more. */
  get isLost(): boolean {
    return this.#isGivenUp || this.destroyed || this.#stream.closed || this.#stream.destroyed;
  }

  get headersSent(): boolean {
    return this.#stream.headersSent;
  }

  writeHead(status: number, ...rest: [string, OutgoingHttpHeader[]] | [OutgoingHttpHeader[]]): this {
    // There is no status message in HTTP/2.
    const fields = rest.length === 1 ? rest[0] : rest[1];
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return this;
    const head = headOf(status, fields);
    const bodyless = status === 204 || status === 304 || this.#request.method === 'HEAD';
    this.chunkedEncoding = !bodyless && head['content-length'] === undefined;
    if (this.chunkedEncoding) {
      stream.on(
        'wantTrailers',
        guarded(this.#onBug, () => {
          if (!stream.destroyed && !stream.closed) stream.sendTrailers(this.#trailers);
          this.#trailersSent?.();
        }),
      );
    }
    const options = { waitForTrailers: this.chunkedEncoding };
    stream.respond(head, options);
    return this;
  }

  /** Heads leave at once. */
  flushHeaders(): void {}

  writeContinue(): void {
    this.writeInformation(constants.HTTP_STATUS_CONTINUE, []);
  }

  writeInformation(status: number, fields: string[]): void {
    const stream = this.#stream;
    if (!stream.destroyed && !stream.closed) stream.additionalHeaders(headOf(status, fields));
  }

  addTrailers(trailers: [string, string][]): void {
    this.#trailers = grouped(trailers.flat());
  }

  override _write(
    chunk: Buffer | string,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    // What is lost asks for no more until it is given up: its backend would be read for nobody.
    if (this.#isGivenUp) return;
    if (this.#stream.writableEnded) {
      callback();
      return;
    }
    this.#awaitClient();
    // The callback comes when the client's window has let the chunk through, or the stream is gone.
    this.#stream.write(
      chunk,
      encoding,
      guarded(this.#onBug, (error: Error | null | undefined) => {
        this.#isWaiting = false;
        if (!this.#isGivenUp) callback(error);
      }),
    );
  }

  override _final(callback: (error?: Error | null) => void): void {
    const stream = this.#stream;
    this.#awaitClient();
    if (stream.writableFinished) callback();
    else if (this.chunkedEncoding) this.#trailersSent = callback;
    else {
      stream.once(
        'finish',
        guarded(this.#onBug, () => {
          if (!this.#isGivenUp) callback();
        }),
      );
    }
    stream.end();
    this.once(
      'finish',
      guarded(this.#onBug, () => this.#endLateBody()),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const stream = this.#stream;
    if (this.#patience !== null) clearTimeout(this.#patience);
    this.#request.dump();
    if (!this.writableFinished) {
      this.#request.destroy();
      // Not `close`, which ends the stream cleanly before it resets it. The reset carries INTERNAL_ERROR.
      stream.destroy(new Error('the answer broke off'));
    }
    callback(error);
  }

  /** With a window of 0 even the shortest answer, one of our own, would stay here for ever. */
  #awaitClient(): void {
    this.#isWaiting = true;
    if (this.#patience !== null) {
      this.#patience.refresh();
      return;
    }
    this.#patience = setTimeout(
      guarded(this.#onBug, () => {
        if (this.#isWaiting) this.destroy();
      }),
      this.idleMs,
    );
  }

  #giveUp(): void {
    if (!this.writableFinished) this.destroy();
  }

  /** The client may stop sending: it has its answer. */
  #endLateBody(): void {
    if (this.#request.complete) return;
    const stream = this.#stream;
    this.#request.dump();
    const timer = setTimeout(
      guarded(this.#onBug, () => stream.close(constants.NGHTTP2_NO_ERROR)),
      LATE_BODY_MS,
    );
    stream.once('close', () => clearTimeout(timer));
  }
}

function headOf(status: number, fields: readonly OutgoingHttpHeader[]): OutgoingHttpHeaders {
  return { ':status': status, ...grouped(fields) };
}

/** By name, in lower case; fields that come several times stay several. */
function grouped(fields: readonly OutgoingHttpHeader[]): OutgoingHttpHeaders {
  const byName = new Map<string, string[]>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = String(fields[i]).toLowerCase();
    const values = byName.get(name);
    if (values === undefined) byName.set(name, [String(fields[i + 1])]);
    else values.push(String(fields[i + 1]));
  }
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}
