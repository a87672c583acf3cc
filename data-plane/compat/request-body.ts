/**
 * The body of one request on its way to one attempt after another. It is read from the client only while an attempt
 * wants it, and what was read is kept up to a limit, so that it can be sent again. Does not decide whether it should be.
 */
import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';

export interface RequestBodyOptions {
  /** Whether the head announces a body. */
  readonly expected: boolean;
  /** Bytes kept for a further attempt. */
  readonly keepBytes: number;
  /** Told of each chunk that comes from the client. */
  readonly onBytes: (count: number) => void;
}

export class RequestBody {
  readonly expected: boolean;
  readonly #request: IncomingMessage;
  readonly #keepBytes: number;
  readonly #onBytes: (count: number) => void;
  #kept: Buffer[] | null = [];
  #keptBytes = 0;
  #feed: BodyFeed | null = null;
  #started = false;
  #ended: boolean;

  constructor(request: IncomingMessage, options: RequestBodyOptions) {
    this.#request = request;
    this.expected = options.expected;
    this.#ended = !options.expected;
    this.#keepBytes = options.keepBytes;
    this.#onBytes = options.onBytes;
  }

  /** Whether another attempt could be sent the whole body: nothing of it was let go. */
  isReplayable(): boolean {
    return this.#kept !== null;
  }

  /** Whether all of it has come from the client. */
  isComplete(): boolean {
    return this.#ended;
  }

  /** Whether the next byte is awaited from the client, not from the backend. */
  awaitsClient(): boolean {
    return this.#started && !this.#ended && this.#feed !== null && this.#feed.wanted;
  }

  /** The whole body as a stream for one attempt. The stream of the attempt before gets nothing more. */
  open(): BodyFeed {
    this.#pause();
    const feed = new BodyFeed(() => this.#resume(feed));
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
    if (this.expected) this.#request.resume();
  }

  #resume(feed: BodyFeed): void {
    if (this.#feed !== feed) return;
    if (!feed.replayed) {
      feed.replayed = true;
      for (const chunk of this.#kept ?? []) feed.push(chunk);
      if (this.#ended) {
        feed.push(null);
        return;
      }
    }
    if (!this.#started) {
      this.#started = true;
      this.#request.on('data', this.#onData);
      this.#request.on('end', this.#onEnd);
    }
    this.#request.resume();
  }

  #pause(): void {
    if (this.#started && !this.#ended) this.#request.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#onBytes(chunk.length);
    if (this.#kept !== null) {
      this.#keptBytes += chunk.length;
      if (this.#keptBytes <= this.#keepBytes) this.#kept.push(chunk);
      else this.#kept = null;
    }
    const feed = this.#feed;
    if (feed === null) return;
    feed.wanted = feed.push(chunk);
    if (!feed.wanted) this.#request.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#feed?.push(null);
  };
}

/** The body for one attempt. Gives nothing before `start`, so that nothing is read for a connection that never comes. */
export class BodyFeed extends Readable {
  replayed = false;
  wanted = false;
  readonly #pull: () => void;
  #open = false;

  constructor(pull: () => void) {
    super();
    this.#pull = pull;
    // Destroyed with its attempt; there is nobody to tell.
    this.on('error', () => undefined);
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
