/**
 * Reads a whole byte stream with the wire modules as an engine would, cut into pieces at will, and writes down what came of
 * it: every message with what is forwarded of it, and how the stream ended. Each piece lies in a buffer between poison, so that
 * a parser that reads past its piece changes its verdict.
 */
import { downstreamHead } from '../../../data-plane/http1/downstream-head.js';
import { upstreamHead, type UpstreamHeadFacts } from '../../../data-plane/http1/upstream-head.js';
import {
  beginBody,
  createBodyReader,
  endOfInput,
  readBody,
  type BodyReader,
} from '../../../data-plane/http1/wire/body-reader.js';
import { CHUNKED_OUTPUT, type ChunkedOutput } from '../../../data-plane/http1/wire/chunked.js';
import { UPGRADE, type UpgradeKind } from '../../../data-plane/http1/wire/connection.js';
import { lineName, lineValue, type FieldTable } from '../../../data-plane/http1/wire/fields.js';
import { createHeadEdits } from '../../../data-plane/http1/wire/head-edits.js';
import {
  NEED_MORE,
  REFUSED,
  createRequestReader,
  createResponseReader,
  readHead,
  type HeadReader,
} from '../../../data-plane/http1/wire/head-reader.js';
import type { HeadLimits } from '../../../data-plane/http1/wire/limits.js';
import type { RefusalReason } from '../../../data-plane/http1/wire/refusal.js';
import { createRequestHead, type RequestHead } from '../../../data-plane/http1/wire/request-head.js';
import {
  createResponseHead,
  expectResponse,
  type ResponseHead,
} from '../../../data-plane/http1/wire/response-head.js';
import { createSegments } from '../../../data-plane/http1/wire/segments.js';

const UPSTREAM_FACTS: UpstreamHeadFacts = {
  forwarded: '',
  trustedPeer: true,
  cookieNames: [],
  upgrade: null,
  requestId: null,
};

export const TEST_LIMITS: HeadLimits = { headBytes: 16_384, headerCount: 100, targetBytes: 8_192 };

export interface Message {
  /** Method and target as sent, or the status. */
  readonly start: string;
  /** Flat list of names and values. */
  readonly fields: readonly string[];
  /** Bytes of content, without framing. */
  contentBytes: number;
  /** What goes on: head and body. */
  forwarded: string;
  /** Whether the message has come to its end. */
  whole: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
}

export interface Transcript {
  readonly messages: readonly Message[];
  readonly refusal: RefusalReason | null;
  /** Bytes left unread after the last message or the refusal: after an upgrade, or a connection that ends. */
  readonly rest: string;
}

export interface ReadingOptions {
  readonly side: 'request' | 'response';
  readonly limits?: HeadLimits;
  /** Ends of pieces, ascending. None: one piece. */
  readonly cuts?: readonly number[];
  /** Bytes that stand after each piece in its buffer. */
  readonly poison?: string;
  readonly output?: ChunkedOutput;
  /** Response: of the request that it answers. */
  readonly method?: string;
  readonly upgrade?: UpgradeKind;
  /** The connection ends after the last piece. */
  readonly ends?: boolean;
}

export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

/** Reads `stream` (latin1) and tells what came of it. */
export function transcribe(stream: string, options: ReadingOptions): Transcript {
  const reading = new Reading(options);
  let from = 0;
  for (const cut of [...(options.cuts ?? []), stream.length]) {
    reading.take(stream.slice(from, cut));
    from = cut;
  }
  return reading.end();
}

class Reading {
  readonly #options: ReadingOptions;
  readonly #requests: HeadReader<RequestHead>;
  readonly #responses: HeadReader<ResponseHead>;
  readonly #body: BodyReader;
  readonly #messages: Message[] = [];
  #refusal: RefusalReason | null = null;
  #closed = false;
  #rest = '';

  constructor(options: ReadingOptions) {
    const limits = options.limits ?? TEST_LIMITS;
    this.#options = options;
    this.#requests = createRequestReader(createRequestHead(limits), latin1);
    this.#responses = createResponseReader(createResponseHead(limits), latin1);
    this.#body = createBodyReader(limits, createSegments());
    expectResponse(this.#responses.head, options.method ?? 'GET', options.upgrade ?? UPGRADE.none);
  }

  take(piece: string): void {
    const before = 3;
    const bytes = Buffer.from(`\r\n\r${piece}${this.#options.poison ?? ''}`, 'latin1');
    const to = before + piece.length;
    let position = before;
    while (position < to && this.#refusal === null && !this.#closed) {
      const next = this.#body.done
        ? this.#takeHead(bytes, position, to)
        : this.#takeBody(bytes, position, to);
      if (next === NEED_MORE) return;
      if (next === REFUSED) break;
      if (next < position || next > to) throw new Error(`read to ${next}, outside of ${position} to ${to}`);
      position = next;
    }
    this.#rest += latin1(bytes, position, to);
  }

  end(): Transcript {
    const last = this.#messages.at(-1);
    if (this.#options.ends === true && this.#refusal === null && last !== undefined && !last.whole) {
      this.#refusal = endOfInput(this.#body);
      last.whole = this.#refusal === null;
    }
    return { messages: this.#messages, refusal: this.#refusal, rest: this.#rest };
  }

  #takeHead(bytes: Uint8Array, from: number, to: number): number {
    const isRequest = this.#options.side === 'request';
    const reader = isRequest ? this.#requests : this.#responses;
    const next = isRequest
      ? readHead(this.#requests, bytes, from, to)
      : readHead(this.#responses, bytes, from, to);
    if (next === REFUSED) this.#refusal = reader.refusal;
    if (next < 0) return next;
    const message = isRequest ? requestMessage(this.#requests.head) : responseMessage(this.#responses.head);
    this.#messages.push(message);
    beginBody(this.#body, reader.head, this.#options.output ?? CHUNKED_OUTPUT.chunks);
    this.#settle(message);
    return next;
  }

  #takeBody(bytes: Uint8Array, from: number, to: number): number {
    const message = this.#messages.at(-1);
    const next = readBody(this.#body, bytes, from, to);
    if (message === undefined) return next;
    const { count, bounds } = this.#body.segments;
    this.#refusal = this.#body.refusal;
    if (this.#refusal !== null) return REFUSED;
    for (let i = 0; i < count; i++) {
      message.forwarded += latin1(bytes, bounds[i * 2] ?? 0, bounds[i * 2 + 1] ?? 0);
    }
    this.#settle(message);
    return next;
  }

  #settle(message: Message): void {
    message.whole = this.#body.done;
    message.contentBytes = this.#body.contentBytes;
    const interim = this.#options.side === 'response' && this.#responses.head.interim;
    if (message.whole && !interim && (!message.keepAlive || message.upgrade)) this.#closed = true;
  }
}

function fieldList(fields: FieldTable, text: string): string[] {
  const list: string[] = [];
  for (let line = 0; line < fields.count; line++) {
    list.push(lineName(fields, text, line), lineValue(fields, text, line));
  }
  return list;
}

function requestMessage(head: RequestHead): Message {
  return {
    start: `${head.method} ${head.text.slice(head.targetStart, head.targetEnd)}`,
    fields: fieldList(head.fields, head.text),
    contentBytes: 0,
    forwarded: upstreamHead(head, createHeadEdits(head.limits.headerCount), UPSTREAM_FACTS),
    whole: false,
    keepAlive: head.keepAlive,
    upgrade: head.connection.upgrade !== UPGRADE.none,
  };
}

function responseMessage(head: ResponseHead): Message {
  return {
    start: String(head.status),
    fields: fieldList(head.fields, head.text),
    contentBytes: 0,
    forwarded: downstreamHead(head, createHeadEdits(head.limits.headerCount), {
      setCookie: null,
      date: null,
      connection: head.status === 101 ? 'Upgrade' : null,
      framing: 'as-sent',
    }),
    whole: false,
    keepAlive: head.keepAlive,
    upgrade: head.status === 101,
  };
}
