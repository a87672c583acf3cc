/**
 * How the compat engine reads from backends: a little at first, more while the client follows, and nothing once it does not. Node's own
 * way holds 64 KB three times for each answer that nobody takes, in the client's stream, the message and the connection; this one
 * a few KB each, and later no more than in proportion to what the client has taken.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import type { LimitSettings } from '#shared/settings.js';
import type { UpstreamLives } from './upstream-lives.js';

/**
 * Most bytes of each read of an answer while all before were filled; the last one stands for all further ones. Three reads are made
 * before it shows that nobody takes the first: 32 KB. Most answers fit into the first.
 */
const READ_BYTES = [16_384, 8_192, 8_192, 16_384, 32_768] as const;
/** What message and connection hold before they ask for no more. Less than any filled read, so that one of them is enough. */
const ENOUGH_BYTES = 2_048;

declare module 'node:http' {
  /** Missing in node's types. */
  interface Agent {
    /** Called when a request is made, to give it a connection. */
    addRequest(request: http.ClientRequest, options: object): void;
  }
}

/** How much of a head node's parser takes, which it is told together with the connection: before anybody else hears of that. */
function takesHeads(
  request: http.ClientRequest & { maxHeaderSize?: number },
  limits: LimitSettings | null,
): void {
  if (limits === null) return;
  request.maxHeaderSize = limits.headBytes;
  // One more than allowed: node would cut the list silently, and what it hides would still count for it.
  request.maxHeadersCount = limits.headerCount + 1;
}

type Made = Duplex | null | undefined;
type Callback = (error: Error | null, socket: Duplex) => void;

/** Views on one buffer. All connections read into them in turn: nothing stays there beyond the read. */
function readViews(): readonly Buffer[] {
  const whole = Buffer.allocUnsafeSlow(Math.max(...READ_BYTES));
  return READ_BYTES.map((size) => whole.subarray(0, size));
}

/** In memory of its own: what waits for a slow client must not keep a block that is shared with others. */
function ownCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Options for a connection that reads so. */
function growingReads(views: readonly Buffer[], socket: () => Made) {
  let filled = 0;
  return {
    highWaterMark: ENOUGH_BYTES,
    onread: {
      buffer: (): Buffer => views[filled] ?? Buffer.alloc(0),
      callback: (count: number, bytes: Uint8Array): boolean => {
        // What does not fill a read is the end of an answer, or all that has come yet.
        const isFilled = count === bytes.length;
        filled = isFilled ? Math.min(filled + 1, views.length - 1) : 0;
        const copy = isFilled ? ownCopy(bytes) : Buffer.from(bytes.subarray(0, count));
        return socket()?.push(copy) ?? false;
      },
    },
  };
}

export class PlainAgent extends http.Agent {
  readonly #views = readViews();
  readonly #lives: UpstreamLives;

  constructor(options: http.AgentOptions, lives: UpstreamLives) {
    super(options);
    this.#lives = lives;
  }

  override addRequest(request: http.ClientRequest, options: object): void {
    takesHeads(request, this.#lives.limits);
    super.addRequest(request, options);
  }

  override createConnection(options: http.ClientRequestArgs, callback?: Callback): Made {
    const reads = growingReads(this.#views, () => socket);
    const socket: Made = super.createConnection({ ...options, ...reads }, callback);
    if (socket) this.#lives.begun(socket);
    return socket;
  }

  // Node asks what this returns; its types do not know.
  override keepSocketAlive(socket: Duplex): boolean {
    return isKept(super.keepSocketAlive(socket)) && this.#lives.mayStay(socket);
  }
}

export class SecureAgent extends https.Agent {
  readonly #views = readViews();
  readonly #lives: UpstreamLives;

  constructor(options: https.AgentOptions, lives: UpstreamLives) {
    super(options);
    this.#lives = lives;
  }

  override addRequest(request: http.ClientRequest, options: object): void {
    takesHeads(request, this.#lives.limits);
    super.addRequest(request, options);
  }

  override createConnection(options: https.RequestOptions, callback?: Callback): Made {
    const reads = growingReads(this.#views, () => socket);
    const socket: Made = super.createConnection({ ...options, ...reads }, callback);
    if (socket) this.#lives.begun(socket);
    return socket;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return isKept(super.keepSocketAlive(socket)) && this.#lives.mayStay(socket);
  }
}

function isKept(verdict: unknown): boolean {
  return verdict !== false;
}
