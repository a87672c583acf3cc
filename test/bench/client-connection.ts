/**
 * One connection of the load generator: a request, its answer, then the next (closed loop, depth 1).
 *
 * It must cost much less than a proxy, so after a connection's first answer, which is read in full, it only looks
 * for the end of each head and counts the bytes of the body, whose length is known. Any other length or status is
 * an error. Whether there is a next request, and when, is the caller's.
 */
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ResponseScanner } from '../support/response-scanner.js';
import type { OpenCommand } from './client-protocol.js';
import { ECHO, MESSAGE } from './scenarios.js';

export interface ConnectionEvents {
  /** The connection is ready for its first request (after the upgrade, for WebSockets). */
  readonly opened: (connection: ClientConnection) => void;
  readonly answered: (connection: ClientConnection) => void;
  /** The connection cannot be used any more; `error` is null when that is no fault. */
  readonly closed: (connection: ClientConnection, error: string | null) => void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_AT = 'HTTP/1.1 '.length;
const TWO = 0x32;
/** Shared by all connections: what arrives is dealt with before the next read. */
const RECEIVE_BYTES = 262_144;

/** What is the same for all connections of one job. */
export interface Job {
  readonly command: OpenCommand;
  readonly head: Buffer;
  readonly body: Buffer;
  readonly receive: Buffer;
}

export function jobOf(command: OpenCommand): Job {
  return {
    command,
    head: Buffer.from(command.head, 'latin1'),
    body: Buffer.alloc(command.requestBytes, 'x'),
    receive: Buffer.allocUnsafe(RECEIVE_BYTES),
  };
}

export class ClientConnection {
  readonly #job: Job;
  readonly #events: ConnectionEvents;
  readonly #socket: Socket;
  #request: Buffer;
  /** Null once the first answer has been read in full. */
  #scanner: ResponseScanner | null = new ResponseScanner({ keepBodies: false });
  #upgraded = false;
  #waiting = false;
  #head: Buffer | null = null;
  /** Bytes of the body still to come; -1 before the end of the head. */
  #owed = -1;
  #keepAlive = true;
  #gone = false;

  constructor(job: Job, events: ConnectionEvents) {
    this.#job = job;
    this.#events = events;
    this.#request = Buffer.concat([job.head, Buffer.from('\r\n'), job.body]);
    const { port, tls } = job.command;
    const host = '127.0.0.1';
    if (tls) {
      this.#socket = connectTls({ host, port, rejectUnauthorized: false });
      this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    } else {
      const callback = (bytes: number, buffer: Uint8Array): boolean => {
        this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
        return true;
      };
      this.#socket = connect({ host, port, onread: { buffer: job.receive, callback } });
    }
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    this.#socket.on('end', () => this.#end(null));
    this.#socket.on('close', () => this.#end(null));
    this.#socket.once(tls ? 'secureConnect' : 'connect', () => {
      if (job.command.mode === 'websocket') this.#socket.write(this.#request);
      else this.#events.opened(this);
    });
  }

  send(): void {
    this.#waiting = true;
    this.#owed = -1;
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#gone = true;
    this.#socket.destroy();
  }

  #end(error: string | null): void {
    if (this.#gone) return;
    this.close();
    const upgrading = this.#job.command.mode === 'websocket' && !this.#upgraded;
    const lost = this.#waiting || upgrading ? 'ended in place of an answer' : null;
    this.#events.closed(this, error ?? lost);
  }

  #read(chunk: Buffer): void {
    if (this.#upgraded) this.#readEcho(chunk);
    else if (this.#scanner !== null) this.#readFirst(chunk, this.#scanner);
    else this.#readNext(chunk);
  }

  #readFirst(chunk: Buffer, scanner: ResponseScanner): void {
    const [response] = scanner.push(chunk);
    if (response === undefined) return;
    this.#scanner = null;
    const { mode, responseBytes, cookies } = this.#job.command;
    if (mode === 'websocket' && response.status === 101) {
      this.#upgraded = true;
      this.#request = MESSAGE;
      this.#events.opened(this);
      return;
    }
    if (response.status !== 200 || response.bodyBytes !== responseBytes) {
      this.#end(`answer ${response.status} with ${response.bodyBytes} bytes`);
      return;
    }
    if (cookies) this.#takeCookies(response.head);
    this.#keepAlive = response.keepAlive;
    this.#done();
  }

  #takeCookies(head: string): void {
    const pairs = Array.from(head.matchAll(/^set-cookie: *([^;\r\n]+)/gim), (match) => match[1]);
    if (pairs.length === 0) {
      this.#end('no session cookie in the first answer');
      return;
    }
    const field = Buffer.from(`Cookie: ${pairs.join('; ')}\r\n\r\n`, 'latin1');
    this.#request = Buffer.concat([this.#job.head, field, this.#job.body]);
  }

  #readNext(chunk: Buffer): void {
    if (this.#gone) return;
    if (this.#owed >= 0) {
      this.#owed -= chunk.length;
    } else {
      const bytes = this.#head === null ? chunk : Buffer.concat([this.#head, chunk]);
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) {
        this.#head = Buffer.from(bytes); // Copied: the receive buffer is used again.
        return;
      }
      this.#head = null;
      const head = bytes.toString('latin1', 0, end);
      if (bytes[STATUS_AT] !== TWO) {
        this.#end(`answer ${head.slice(STATUS_AT, STATUS_AT + 3)}`);
        return;
      }
      this.#keepAlive = !/\nconnection: *close/i.test(head);
      this.#owed = this.#job.command.responseBytes - (bytes.length - end - HEAD_END.length);
    }
    if (this.#owed < 0) this.#end('an answer longer than it should be');
    else if (this.#owed === 0) this.#done();
  }

  #readEcho(chunk: Buffer): void {
    if (this.#owed < 0) this.#owed = ECHO.length;
    this.#owed -= chunk.length;
    if (this.#owed < 0) this.#end('an echo longer than it should be');
    else if (this.#owed === 0) this.#done();
  }

  #done(): void {
    if (this.#gone) return;
    this.#waiting = false;
    this.#owed = -1;
    this.#events.answered(this);
    if (!this.#keepAlive) this.#end(null);
  }

  /** False when the last answer said that the connection ends. */
  get reusable(): boolean {
    return this.#keepAlive && !this.#gone;
  }
}
