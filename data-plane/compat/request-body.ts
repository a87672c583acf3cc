/**
 * The body of one request on its way to one attempt after another. It is read from the client only while an attempt
 * wants it, and what was read is kept up to a limit, so that it can be sent again. Does not decide whether it should be.
 */
import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { guarded } from '../guarded.js';
import type { SendingBody } from '../patience.js';
import { pipeInto } from './pipe.js';

export interface RequestBodyOptions {
  /** Most bytes that there may be. */
  readonly maxBytes: number;
  /** Told once when there are more. */
  readonly onTooLarge: () => void;
  /** Told of each chunk that comes from the client. */
  readonly onBytes: (count: number) => void;
  /** Told of an exception where none should be: the request is lost. */
  readonly onBug: (error: unknown) => void;
}

export class RequestBody implements SendingBody {
  readonly #request: IncomingMessage;
  #keepBytes = 0;
  readonly maxBytes: number;
  readonly #onTooLarge: () => void;
  readonly #onBytes: (count: number) => void;
  readonly #onBug: (error: unknown) => void;
  #kept: Buffer[] | null = [];
  #receivedBytes = 0;
  #feed: BodyFeed | null = null;
  #isExpected = false;
  #isRead = false;
  #hasEnded = false;

  constructor(request: IncomingMessage, options: RequestBodyOptions) {
    this.#request = request;
    this.maxBytes = options.maxBytes;
    this.#onTooLarge = options.onTooLarge;
    this.#onBytes = options.onBytes;
    this.#onBug = options.onBug;
  }

  /**
   * The head announces a body. To be called before anything is done with it.
   * @param keepBytes that are kept for a further attempt
   */
  expect(keepBytes: number): void {
    this.#isExpected = true;
    this.#keepBytes = keepBytes;
  }

  get isExpected(): boolean {
    return this.#isExpected;
  }

  /** Whether another attempt could be sent the whole body: nothing of it was let go. */
  get isReplayable(): boolean {
    return this.#kept !== null;
  }

  get isComplete(): boolean {
    return this.#hasEnded || !this.#isExpected;
  }

  get isUntouched(): boolean {
    return this.#receivedBytes === 0 && !this.isComplete;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get awaitsClient(): boolean {
    return this.#isRead && !this.isComplete && this.#feed !== null && this.#feed.wanted;
  }

  /** The whole body as a stream for one attempt. The stream of the attempt before gets nothing more. */
  open(): BodyFeed {
    this.#pause();
    const feed = new BodyFeed(() => this.#resume(feed), this.#onBug);
    this.#feed = feed;
    return feed;
  }

  /** There will be no further attempt: what was kept is let go. */
  commit(): void {
    this.#kept = null;
  }

  /** Reads what is left of the body and throws it away, so that the connection can serve the next request. */
  discard(): void {
    this.#feed = null;
    this.#kept = null;
    if (this.#isExpected) this.#listen();
    this.#request.resume();
  }

  #resume(feed: BodyFeed): void {
    if (this.#feed !== feed) return;
    if (!feed.replayed) {
      feed.replayed = true;
      for (const chunk of this.#kept ?? []) feed.push(chunk);
      if (this.isComplete) {
        feed.push(null);
        return;
      }
    }
    this.#listen();
    this.#request.resume();
  }

  #listen(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    this.#request.on(
      'data',
      guarded(this.#onBug, (chunk: Buffer) => this.#take(chunk)),
    );
    this.#request.on(
      'end',
      guarded(this.#onBug, () => {
        this.#hasEnded = true;
        this.#feed?.push(null);
      }),
    );
  }

  #pause(): void {
    if (this.#isRead && !this.#hasEnded) this.#request.pause();
  }

  #take(chunk: Buffer): void {
    this.#onBytes(chunk.length);
    const wasTooLarge = this.#receivedBytes > this.maxBytes;
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.maxBytes) {
      if (!wasTooLarge) this.#onTooLarge();
      return;
    }
    if (this.#kept !== null) {
      if (this.#receivedBytes <= this.#keepBytes) this.#kept.push(chunk);
      else this.#kept = null;
    }
    const feed = this.#feed;
    if (feed === null) return;
    feed.wanted = feed.push(chunk);
    if (!feed.wanted) this.#request.pause();
  }
}

/** The body for one attempt. Gives nothing before `start`, so that nothing is read for a connection that never comes. */
export class BodyFeed extends Readable {
  replayed = false;
  wanted = false;
  readonly #pull: () => void;
  readonly #onBug: (error: unknown) => void;
  #open = false;

  constructor(pull: () => void, onBug: (error: unknown) => void) {
    super();
    this.#pull = pull;
    this.#onBug = onBug;
    // Destroyed with its attempt without an error. Node hands over here what reading it has thrown.
    this.on('error', onBug);
  }

  /** http-proxy-3 calls it. */
  override pipe<T extends NodeJS.WritableStream>(to: T): T {
    pipeInto(this, to, this.#onBug, { end: true });
    return to;
  }

  start(): void {
    if (this.#open) return;
    this.#open = true;
    if (this.wanted) this.#pull();
  }

  override _read(): void {
    this.wanted = true;
    if (this.#open) this.#pull();
  }
}
