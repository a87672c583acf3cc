/**
 * A request on a stream of HTTP/2 as node's HTTP/1.1 message, which is what the rest of the engine reads. The body is read
 * from the stream only while somebody wants it. Ends only where the client ended it: never when the stream was reset.
 */
import { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { guarded } from '../guarded.js';
import type { Http1Shape } from './request-fields.js';

export interface Http2RequestOrder {
  /** Told of all body bytes that come, wanted or not. */
  readonly onBytes: (count: number) => void;
  /** An exception where none should be. */
  readonly onBug: (error: unknown) => void;
}

export class Http2Request extends IncomingMessage {
  readonly #stream: ServerHttp2Stream;
  readonly #onBytes: (count: number) => void;
  readonly #onBug: (error: unknown) => void;
  #reading = false;
  #unwanted = false;

  constructor(
    stream: ServerHttp2Stream,
    socket: TLSSocket,
    shape: Http1Shape,
    { onBytes, onBug }: Http2RequestOrder,
  ) {
    super(socket);
    this.#stream = stream;
    this.#onBytes = onBytes;
    this.#onBug = onBug;
    this.httpVersion = '2.0';
    this.httpVersionMajor = 2;
    this.httpVersionMinor = 0;
    this.method = shape.method;
    this.url = shape.target;
    this.rawHeaders = [...shape.fields];
    // Of the stream, once it is reset, nobody hears more by reading.
    stream.on('trailers', (_fields, _flags, raw) => {
      this.rawTrailers = raw;
    });
    if (stream.endAfterHeaders || stream.readableEnded) this.#ended();
    // Node tells the end of an empty body whether it is read or not, and tells it once: who listens later waits for ever.
    else {
      stream.on(
        'end',
        guarded(onBug, () => this.#streamEnded()),
      );
    }
  }

  /** Nobody wants what is left of the body. The stream can close only when all that came was read. */
  dump(): void {
    this.#unwanted = true;
    if (this.complete) return;
    if (!this.#reading) this.#begin();
    this.#stream.resume();
  }

  override _read(): void {
    if (this.complete) return;
    if (this.#reading) this.#stream.resume();
    else this.#begin();
  }

  /** The connection serves others: it stays, whatever happens to this request. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.complete) this.aborted = true;
    callback(error);
  }

  #begin(): void {
    const stream = this.#stream;
    this.#reading = true;
    if (stream.destroyed) return;
    stream.on(
      'data',
      guarded(this.#onBug, (chunk: Buffer) => {
        this.#onBytes(chunk.length);
        if (!this.#unwanted && !this.destroyed && !this.push(chunk)) stream.pause();
      }),
    );
  }

  #streamEnded(): void {
    const stream = this.#stream;
    // A stream that is reset ends too, as node has it. Half a body must not pass for a whole one.
    if (!this.complete && !stream.aborted && !stream.closed && !stream.destroyed) this.#ended();
  }

  #ended(): void {
    this.complete = true;
    if (!this.destroyed) this.push(null);
  }
}
