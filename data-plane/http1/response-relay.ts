/**
 * Hands the response of a backend to the client: interim responses, the final head, and the body as it comes, framed for
 * this client. Checks every byte of framing; decides nothing about attempts, counts or connections.
 */
import { MAX_INTERIM_RESPONSES } from '../engine-limits.js';
import { segmentBytes, writeSegments } from './byte-sink.js';
import type { ClientPort } from './client-port.js';
import { interimHead } from './downstream-head.js';
import type { HeadTables, Scratch } from './scratch.js';
import type { UpstreamConnection } from './upstream-connection.js';
import { beginBody, endOfInput, readBody } from './wire/body-reader.js';
import { CHUNKED_OUTPUT } from './wire/chunked.js';
import { FIELD, firstLine, lineValue } from './wire/fields.js';
import { BODY } from './wire/framing.js';
import { NEED_MORE, REFUSED, readHead } from './wire/head-reader.js';
import { expectResponse, type ResponseHead } from './wire/response-head.js';
import type { UpgradeKind } from './wire/connection.js';

/** How the body goes to the client. */
export type Framing = 'as-sent' | 'chunked' | 'until-close';

export interface RelayOwner {
  /** 100 has come. */
  continued(): void;
  /** The final head has come: what the client is sent for it. */
  finalHead(head: ResponseHead, tables: HeadTables): string;
  /** The backend has agreed to the upgrade; what follows the head in `bytes` is not HTTP. */
  switched(head: ResponseHead, bytes: Buffer, from: number, to: number): void;
  /** Not HTTP. `started`: within the body. */
  malformed(started: boolean): void;
  /** The client has been handed all of it. `clean`: the backend sent nothing beyond. */
  complete(clean: boolean): void;
  contentSent(count: number): void;
}

interface ResponseExpectation {
  readonly method: string;
  readonly upgrade: UpgradeKind;
  readonly protocol: string | null;
  readonly isHttp10: boolean;
}

export class ResponseRelay {
  /** The final head is with the client. */
  hasStarted = false;
  /** 100 has come. */
  hasContinued = false;
  framing: Framing = 'as-sent';
  #interim = 0;
  readonly #owner: RelayOwner;
  readonly #client: ClientPort;
  readonly #scratch: Scratch;
  readonly #expected: ResponseExpectation;

  constructor(owner: RelayOwner, client: ClientPort, scratch: Scratch, expected: ResponseExpectation) {
    this.#owner = owner;
    this.#client = client;
    this.#scratch = scratch;
    this.#expected = expected;
  }

  /** Takes what has just been read from the backend. */
  take(connection: UpstreamConnection, bytes: Buffer, length: number): void {
    if (this.hasStarted) this.#passBody(connection, '', { bytes, from: 0, to: length });
    else this.#readHeads(connection, bytes, length);
  }

  /** The backend has ended its side. Returns whether the response was whole by that. */
  end(connection: UpstreamConnection): boolean {
    if (!this.hasStarted || endOfInput(connection.body) !== null) return false;
    if (this.framing === 'chunked') this.#client.write('0\r\n\r\n');
    return true;
  }

  #readHeads(connection: UpstreamConnection, bytes: Buffer, length: number): void {
    const { reader } = connection;
    let position = 0;
    while (position < length) {
      const tables = this.#client.tables();
      const head = tables.response;
      reader.head = head;
      expectResponse(head, this.#expected.method, this.#expected.upgrade);
      const end = readHead(reader, bytes, position, length);
      if (end === NEED_MORE) return;
      if (end === REFUSED) return this.#owner.malformed(false);
      position = end;
      if (!head.interim) return this.#begin(connection, tables, { bytes, from: position, to: length });
      if (++this.#interim > MAX_INTERIM_RESPONSES) return this.#owner.malformed(false);
      this.#passInterim(head, tables);
    }
  }

  /** RFC 9110 §15.2: not to HTTP/1.0. */
  #passInterim(head: ResponseHead, tables: HeadTables): void {
    if (head.status === 100) {
      this.hasContinued = true;
      this.#owner.continued();
    }
    if (this.#expected.isHttp10) return;
    this.#client.write(interimHead(head, tables.edits));
  }

  #begin(connection: UpstreamConnection, tables: HeadTables, input: Input): void {
    const head = tables.response;
    if (head.status === 101) return this.#switch(head, input);
    this.framing = this.#framingOf(head);
    const text = this.#owner.finalHead(head, tables);
    this.hasStarted = true;
    beginBody(
      connection.body,
      head,
      this.framing === 'until-close' ? CHUNKED_OUTPUT.data : CHUNKED_OUTPUT.chunks,
    );
    this.#passBody(connection, text, input);
  }

  /** To what was asked for, or the client would take what comes for something else (RFC 9110 §7.8). */
  #switch(head: ResponseHead, { bytes, from, to }: Input): void {
    const isOne = (head.fields.repeated & (1 << FIELD.upgrade)) === 0;
    const line = isOne ? firstLine(head.fields, FIELD.upgrade) : -1;
    const agreed = line < 0 ? null : lineValue(head.fields, head.text, line).toLowerCase();
    if (agreed !== this.#expected.protocol?.toLowerCase()) return this.#owner.malformed(false);
    this.#owner.switched(head, bytes, from, to);
  }

  #framingOf(head: ResponseHead): Framing {
    if (this.#expected.isHttp10 && (head.chunked || head.body === BODY.untilClose)) return 'until-close';
    return head.body === BODY.untilClose ? 'chunked' : 'as-sent';
  }

  /** Passes on what belongs to the body, after `text`, in as few writes as may be. */
  #passBody(connection: UpstreamConnection, text: string, { bytes, from, to }: Input): void {
    const { body } = connection;
    const before = body.contentBytes;
    let position = from;
    let head = text;
    do {
      position = readBody(body, bytes, position, to);
      if (body.refusal !== null) {
        // The head may go: the break that follows says that something is wrong.
        if (head !== '') this.#client.write(head);
        return this.#owner.malformed(true);
      }
      this.#write(connection, head, bytes);
      head = '';
    } while (position < to && !body.done);
    this.#owner.contentSent(body.contentBytes - before);
    if (body.done) this.#owner.complete(position === to);
    else connection.memory.expectMore(to);
  }

  /** Writes `text` and the ranges of the body that go on. */
  #write({ memory }: UpstreamConnection, text: string, bytes: Buffer): void {
    const { segments } = this.#scratch;
    const total = this.framing === 'chunked' ? segmentBytes(segments) : 0;
    const before = total > 0 ? `${text}${total.toString(16)}\r\n` : text;
    writeSegments(this.#client, memory, { bytes, segments }, { before, after: total > 0 ? '\r\n' : '' });
  }
}

interface Input {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}
