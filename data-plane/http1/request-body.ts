/**
 * The body of one request on its way to one attempt after another: checked as it comes, sent on at once, and kept up to
 * a limit so that it can be sent again. The client is held back while the backend does not read.
 */
import type { SendingBody } from '../patience.js';
import type { RequestAccount } from '../request-account.js';
import { latin1 } from './scratch.js';
import type { UpstreamConnection } from './upstream-connection.js';
import { beginBody, readBody, type BodyReader } from './wire/body-reader.js';
import { CHUNKED_OUTPUT } from './wire/chunked.js';
import type { RefusalReason } from './wire/refusal.js';
import type { RequestHead } from './wire/request-head.js';

/** Body bytes taken from the client while no backend is connected yet. */
const UNSENT_BYTES = 65_536;
/** Up to this size head and body leave as one text: one write without a vector. The limit is a guess. */
const ONE_TEXT_BYTES = 4_096;

export interface BodySource {
  /** Stops and goes on reading from the client. */
  holdClient(): void;
  letClientGo(): void;
}

export class RequestBody implements SendingBody {
  readonly #reader: BodyReader;
  readonly #source: BodySource;
  readonly #account: RequestAccount;
  readonly #keepBytes: number;
  /** All that has come, while it might be sent again; `null`: some was let go. */
  #kept: Buffer[] | null = [];
  #keptBytes = 0;
  #sink: UpstreamConnection | null = null;
  #isHeld = false;

  constructor(reader: BodyReader, head: RequestHead, parts: RequestBodyParts) {
    this.#reader = reader;
    this.#source = parts.source;
    this.#account = parts.account;
    this.#keepBytes = parts.keepBytes;
    beginBody(reader, head, CHUNKED_OUTPUT.chunks);
  }

  get isComplete(): boolean {
    return this.#reader.done;
  }

  get refusal(): RefusalReason | null {
    return this.#reader.refusal;
  }

  /** Whether another attempt could be sent the whole body. */
  get isReplayable(): boolean {
    return this.#kept !== null;
  }

  /** The next byte is awaited from the client, not from the backend. */
  get awaitsClient(): boolean {
    return !this.#reader.done && !this.#isHeld;
  }

  /** Whether nothing of it has come. */
  get isUntouched(): boolean {
    return this.#reader.contentBytes === 0 && !this.#reader.done;
  }

  get receivedBytes(): number {
    return this.#reader.contentBytes;
  }

  /** Takes bytes from the client. Returns the position after the last one that belongs to the message. */
  take(bytes: Buffer, from: number): number {
    const reader = this.#reader;
    const before = reader.contentBytes;
    let position = from;
    while (position < bytes.length && !reader.done && reader.refusal === null) {
      position = readBody(reader, bytes, position, bytes.length);
      const { count, bounds } = reader.segments;
      // What came before a fault is not sent either: the backend must not take it for the whole.
      if (reader.refusal !== null) return position;
      for (let i = 0; i < count; i++) this.#pass(bytes.subarray(bounds[i * 2], bounds[i * 2 + 1]));
    }
    this.#account.received(reader.contentBytes - before);
    if (this.#sink === null && this.#keptBytes >= UNSENT_BYTES) this.#hold();
    return position;
  }

  /** Sends head and all that has come, and from now on what comes. */
  sendTo(sink: UpstreamConnection, head: string): void {
    const { socket } = sink;
    const pieces = this.#kept ?? [];
    this.#sink = sink;
    let flows = true;
    if (pieces.length === 0) {
      flows = socket.write(head, 'latin1');
    } else if (this.#keptBytes <= ONE_TEXT_BYTES) {
      let text = head;
      for (const piece of pieces) text += latin1(piece, 0, piece.length);
      flows = socket.write(text, 'latin1');
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      for (const piece of pieces) flows = socket.write(piece);
      socket.uncork();
      flows = !socket.writableNeedDrain;
    }
    this.#letGoWhatIsTooMuch();
    if (flows) this.#go();
    else this.#hold();
  }

  /** The attempt has failed: nothing more is sent to it. */
  detach(): void {
    this.#sink = null;
  }

  /** There will be no further attempt. */
  commit(): void {
    this.#kept = null;
  }

  /** What was written to the backend has left. */
  drained(): void {
    if (this.#sink !== null) this.#go();
  }

  #pass(piece: Buffer): void {
    this.#keptBytes += piece.length;
    this.#kept?.push(piece);
    if (this.#sink === null) return;
    this.#letGoWhatIsTooMuch();
    if (!this.#sink.socket.write(piece)) this.#hold();
  }

  #letGoWhatIsTooMuch(): void {
    if (this.#keptBytes > this.#keepBytes) this.#kept = null;
  }

  #hold(): void {
    if (this.#isHeld || this.#reader.done) return;
    this.#isHeld = true;
    this.#source.holdClient();
  }

  #go(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#source.letClientGo();
  }
}

export interface RequestBodyParts {
  readonly source: BodySource;
  readonly account: RequestAccount;
  /** Most bytes kept for a further attempt. */
  readonly keepBytes: number;
}
