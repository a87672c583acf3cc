/**
 * One connection of a client: reads request heads, has one exchange at a time, in order, and ends when it should. What a
 * request is answered with is the exchange's. Small while idle: what is needed only at times is made then or shared.
 */
import type { Socket } from 'node:net';
import type { ErrorCode } from '#shared/error-code.js';
import { REQUESTS_AT_ONCE } from '../engine-limits.js';
import { ageFactor, mayStay } from '../connection-age.js';
import { replyText } from '../reply-text.js';
import { countRefusal } from '../request-account.js';
import { ClientIdentity } from './client-identity.js';
import type { ClientPort, TunnelPort } from './client-port.js';
import { ClientSocket } from './client-socket.js';
import type { EngineParts } from './engine-parts.js';
import { Exchange } from './exchange.js';
import { latin1, type HeadTables } from './scratch.js';
import { createBodyReader, type BodyReader } from './wire/body-reader.js';
import {
  NEED_MORE,
  REFUSED,
  createRequestReader,
  hasHeadBegun,
  readHead,
  type HeadReader,
} from './wire/head-reader.js';
import { REFUSALS } from './wire/refusal.js';
import type { RequestHead } from './wire/request-head.js';

/** draining: answered, but the client has not read enough of it for the next request. closing: our last word is said. */
type Phase = 'fresh' | 'idle' | 'head' | 'exchange' | 'draining' | 'closing';

export class DownstreamConnection extends ClientSocket implements ClientPort {
  readonly identity: ClientIdentity;
  readonly #reader: HeadReader<RequestHead>;
  readonly #onClosed: (connection: DownstreamConnection) => void;
  readonly #openedAt: number;
  readonly #ageFactor: number;
  #phase: Phase = 'fresh';
  #exchange: Exchange | null = null;
  #tunnel: TunnelPort | null = null;
  #requests = 0;
  /** Bytes that belong to what comes after the present exchange. */
  #held: Buffer | null = null;
  #isReading = false;
  /** What is read is what was held: it is nobody else's memory. */
  #isHeldMemory = false;
  #bodyReader: BodyReader | null = null;
  /** How long the client may take nothing of the last answer, by its route. `null`: it has had none. */
  #answerIdleMs: number | null = null;

  constructor(parts: EngineParts, socket: Socket, options: DownstreamOptions) {
    super(parts, socket, options.isSecure);
    this.identity = new ClientIdentity(socket, options.isSecure);
    this.#onClosed = options.onClosed;
    this.#reader = createRequestReader(this.tables().request, latin1);
    this.#openedAt = parts.wheel.now;
    this.#ageFactor = ageFactor(parts.context.random);
    this.setDeadline(this.#settings().timeouts.requestHeadMs);
  }

  /** Nothing is asked, not yet or not any more, and all that was answered is with the system. */
  get isIdle(): boolean {
    return (this.#phase === 'idle' && this.#held === null && !this.hasUnsent) || this.#phase === 'fresh';
  }

  tables(): HeadTables {
    return this.parts.scratch.tables(this.#settings().limits);
  }

  bodyReader(): BodyReader {
    this.#bodyReader ??= createBodyReader(this.tables().limits, this.parts.scratch.segments);
    return this.#bodyReader;
  }

  letClientGo(): void {
    if (this.#held === null) this.socket.resume();
  }

  exchangeOver(keepAlive: boolean, isLast: boolean): void {
    this.#answerIdleMs = this.#exchange?.settings.timeouts.responseIdleMs ?? null;
    this.#exchange = null;
    this.memory.rest();
    if (!keepAlive) return this.#close(isLast && this.#held === null);
    if (this.needsDrain) {
      this.#phase = 'draining';
      this.setDeadline(this.#unsentMs());
      return;
    }
    this.#goOn();
  }

  becomeTunnel(tunnel: TunnelPort): void {
    this.#tunnel = tunnel;
    const held = this.#held;
    this.#held = null;
    // First this: what was held may be more than the backend takes, and then the client is held again.
    this.socket.resume();
    if (held !== null) tunnel.clientBytes(held, held.length);
    if (this.socket.readableEnded) tunnel.clientEnded();
  }

  cut(endsByClosing: boolean): void {
    this.#exchange = null;
    this.breakOff(endsByClosing);
  }

  expired(): void {
    switch (this.#phase) {
      case 'exchange':
        if (this.#tunnel !== null) this.#tunnel.expired();
        else this.#exchange?.expired();
        return;
      case 'head':
        return this.#refuse('request_timeout');
      case 'idle':
        // Cut now, it would lose the answer that it still reads.
        if (this.hasUnsent) return this.#close(false);
        return this.destroy();
      case 'fresh':
      case 'draining':
      case 'closing':
        this.destroy();
        return;
    }
  }

  #settings() {
    return this.parts.context.table().forwarding;
  }

  /** How long the client may take nothing of what waits here for it. */
  #unsentMs(): number {
    return this.#answerIdleMs ?? this.#settings().timeouts.responseIdleMs;
  }

  protected received(bytes: Buffer, length: number): void {
    if (this.#phase === 'closing') return;
    if (this.#tunnel !== null) return this.#tunnel.clientBytes(bytes, length);
    if (this.#held !== null) {
      // Read before the pause took hold.
      this.#held = Buffer.concat([this.#held, bytes.subarray(0, length)]);
      return;
    }
    const exchange = this.#exchange;
    const position = exchange === null ? 0 : exchange.clientBytes(bytes, length);
    if (position < length) this.#read(bytes, position, length);
  }

  /** Reads one head after the other, as long as each exchange is over at once. */
  #read(bytes: Buffer, from: number, to: number): void {
    let position = from;
    let count = 0;
    this.#isReading = true;
    while (position < to && this.#exchange === null && this.#mayRead()) {
      if (count++ === REQUESTS_AT_ONCE) {
        // Others have their turn first.
        setImmediate(() => this.guardTurn());
        break;
      }
      const end = this.#readHead(bytes, position, to);
      // What there is of a head, or of an empty line before one, is with the reader.
      position = end < 0 ? to : this.#begin(bytes, end, to);
    }
    this.#isReading = false;
    if (position < to && this.#phase !== 'closing') {
      const rest = bytes.subarray(position, to);
      this.#held = this.#isHeldMemory ? rest : Buffer.from(rest);
      this.socket.pause();
    }
  }

  protected turn(): void {
    if (this.#phase === 'idle' && this.#held !== null) this.#goOn();
  }

  #mayRead(): boolean {
    return this.#phase === 'fresh' || this.#phase === 'idle' || this.#phase === 'head';
  }

  /** Returns the position after the head, or -1 where there is none yet, or none that is served. */
  #readHead(bytes: Buffer, from: number, to: number): number {
    const reader = this.#reader;
    reader.head = this.tables().request;
    const end = readHead(reader, bytes, from, to);
    if (end === REFUSED) {
      const reason = reader.refusal;
      this.#refuse(reason === null ? 'bad_request' : REFUSALS[reason].code);
      return -1;
    }
    if (end !== NEED_MORE) return end;
    if (this.#phase !== 'head' && hasHeadBegun(reader)) {
      this.#phase = 'head';
      this.setDeadline(this.#settings().timeouts.requestHeadMs);
    }
    return -1;
  }

  #begin(bytes: Buffer, from: number, to: number): number {
    const { wheel } = this.parts;
    const { limits } = this.#settings();
    this.#requests += 1;
    this.#phase = 'exchange';
    wheel.clear(this.deadline);
    const ageMs = wheel.now - this.#openedAt;
    const { head } = this.#reader;
    const stays = mayStay(limits, this.#requests, ageMs, this.#ageFactor);
    const exchange = new Exchange(this.parts, this, head, stays);
    this.#exchange = exchange;
    return exchange.begin(head, bytes, from, to);
  }

  /** Ready for the next request, which may have come already. */
  #goOn(): void {
    this.#phase = 'idle';
    this.setDeadline(this.#settings().timeouts.keepAliveMs);
    const held = this.#held;
    if (held === null) {
      if (this.socket.isPaused()) this.socket.resume();
      return;
    }
    // Within `#read` its loop goes on by itself.
    if (this.#isReading) return;
    this.#held = null;
    this.socket.resume();
    this.#isHeldMemory = true;
    this.guard(held, held.length);
    this.#isHeldMemory = false;
  }

  /** Answers what is no request, and ends the connection. */
  #refuse(code: ErrorCode): void {
    countRefusal(this.parts.context, code);
    const date = this.parts.date.now();
    this.write(replyText(code, { connection: 'close', date, headOnly: false }));
    this.#close(false);
  }

  /** @param isClean nothing more can come from the client */
  #close(isClean: boolean): void {
    this.#phase = 'closing';
    this.#held = null;
    this.endGently(isClean, this.#unsentMs());
  }

  protected ended(): void {
    if (this.#tunnel !== null) this.#tunnel.clientEnded();
    else if (this.#phase === 'draining' || (this.#phase === 'idle' && this.hasUnsent)) this.#close(true);
    else if (this.#phase === 'closing') this.socket.destroySoon();
    else if (this.#exchange?.clientEnded() === true) {
      this.halfClosed();
    } else this.destroy();
  }

  protected drained(): void {
    if (this.#tunnel !== null) this.#tunnel.clientDrained();
    else if (this.#exchange !== null) this.#exchange.clientDrained();
    else if (this.#phase === 'draining') this.#goOn();
  }

  protected closed(hadError: boolean): void {
    this.#onClosed(this);
    this.giveUpDeadlines();
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#phase = 'closing';
    if (this.#tunnel !== null) this.#tunnel.clientClosed(!hadError && this.socket.readableEnded);
    else exchange?.clientClosed();
  }
}

interface DownstreamOptions {
  readonly isSecure: boolean;
  readonly onClosed: (connection: DownstreamConnection) => void;
}
