/**
 * The body of one request on its way to one attempt after another: checked as it comes, sent on at once, and kept up to
 * a limit so that it can be sent again. The client is held back while the backend does not read.
 */
import type { SendingBody } from '../patience.js';
import type { RequestAccount } from '../request-account.js';
import { ONE_TEXT_BYTES, UNWRAPPED, segmentBytes, writeBlock, writeSegments } from './byte-sink.js';
import type { ReadMemory } from './read-memory.js';
import { latin1 } from './scratch.js';
import type { UpstreamConnection } from './upstream-connection.js';
import { beginBody, readBody, type BodyReader } from './wire/body-reader.js';
import { CHUNKED_OUTPUT } from './wire/chunked.js';
import type { RefusalReason } from './wire/refusal.js';
import type { RequestHead } from './wire/request-head.js';

/** Body bytes taken from the client while no backend is connected yet. */
const UNSENT_BYTES = 65_536;
/**
 * Smaller copies of what is kept are joined: one for each byte of a body that trickles in, or for each of its chunks, takes
 * many times the memory of the bytes themselves.
 */
const FULL_COPY_BYTES = 4_096;

interface BodySource {
  /** What it sends is read into this. */
  readonly memory: ReadMemory;
  /** Stops and goes on reading from the client. */
  holdClient(): void;
  letClientGo(): void;
}

export class RequestBody implements SendingBody {
  readonly #reader: BodyReader;
  readonly #source: BodySource;
  readonly #account: RequestAccount;
  readonly #keepBytes: number;
  readonly #mayRepeat: boolean;
  /** All that has come, while it might yet be sent, or sent again; `null`: some was let go. */
  #kept: Buffer[] | null = [];
  /** How many of these are copies. The others lie in memory that is read into again. */
  #copied = 0;
  #keptBytes = 0;
  #sink: UpstreamConnection | null = null;
  #isHeld = false;

  constructor(reader: BodyReader, head: RequestHead, parts: RequestBodyParts) {
    this.#reader = reader;
    this.#source = parts.source;
    this.#account = parts.account;
    this.#keepBytes = parts.keepBytes;
    this.#mayRepeat = parts.mayRepeat;
    beginBody(reader, head, CHUNKED_OUTPUT.chunks, parts.maxBytes);
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
  take(bytes: Buffer, from: number, to: number): number {
    const reader = this.#reader;
    const before = reader.contentBytes;
    let position = from;
    while (position < to && !reader.done) {
      position = readBody(reader, bytes, position, to);
      // What came before a fault is not sent either: the backend must not take it for the whole.
      if (reader.refusal !== null) return position;
      this.#pass(bytes);
    }
    this.#account.received(reader.contentBytes - before);
    if (reader.done) this.#source.memory.rest();
    else this.#source.memory.expectMore(to);
    if (this.#sink === null && this.#keptBytes >= UNSENT_BYTES) this.#hold();
    return position;
  }

  /** The memory that was read into is about to be used for something else. */
  readIsOver(): void {
    const kept = this.#kept;
    if (kept === null || this.#copied === kept.length) return;
    const last = this.#copied - 1;
    const from = last >= 0 && (kept[last]?.length ?? 0) < FULL_COPY_BYTES ? last : this.#copied;
    const fresh = kept[from];
    if (kept.length - from > 1) kept.push(Buffer.concat(kept.splice(from)));
    else if (fresh !== undefined) kept[from] = Buffer.from(fresh);
    this.#copied = kept.length;
  }

  /** Sends head and all that has come, and from now on what comes. The backend is connected. */
  sendTo(sink: UpstreamConnection, head: string): void {
    const pieces = this.#kept ?? [];
    this.#sink = sink;
    if (this.#keptBytes <= ONE_TEXT_BYTES) {
      let text = head;
      for (const piece of pieces) text += latin1(piece, 0, piece.length);
      sink.write(text);
    } else {
      writeBlock(sink, this.#source.memory, pieces, { before: head, after: '' });
    }
    this.#letGoWhatIsTooMuch();
    if (sink.socket.writableNeedDrain) this.#hold();
    else this.#go();
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

  /** Passes on what has just been read: the ranges in the reader. */
  #pass(bytes: Buffer): void {
    const { segments } = this.#reader;
    const sink = this.#sink;
    this.#keptBytes += segmentBytes(segments);
    if (sink !== null) this.#letGoWhatIsTooMuch();
    this.#keep(bytes);
    if (sink === null) return;
    writeSegments(sink, this.#source.memory, { bytes, segments }, UNWRAPPED);
    if (sink.socket.writableNeedDrain) this.#hold();
  }

  #keep(bytes: Buffer): void {
    if (this.#kept === null) return;
    const { count, bounds } = this.#reader.segments;
    for (let i = 0; i < count; i++) this.#kept.push(bytes.subarray(bounds[i * 2], bounds[i * 2 + 1]));
  }

  /** What a connected backend may have got of a request that is not to be repeated is not kept either. */
  #letGoWhatIsTooMuch(): void {
    if (!this.#mayRepeat || this.#keptBytes > this.#keepBytes) this.#kept = null;
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

interface RequestBodyParts {
  readonly source: BodySource;
  readonly account: RequestAccount;
  /** Most bytes kept for a further attempt. */
  readonly keepBytes: number;
  /** Most bytes that there may be. */
  readonly maxBytes: number;
  /** It does no harm to carry the request out twice. */
  readonly mayRepeat: boolean;
}
