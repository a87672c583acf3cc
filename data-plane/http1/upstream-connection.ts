/**
 * One connection to a backend: connect, carry one exchange at a time, lie idle between. Does not know what the bytes mean;
 * it keeps the readers of head and body because these must be where the bytes come from.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { BackendAddress } from '#shared/settings.js';
import { READ_BYTES, type ReadBuffers } from './read-buffers.js';
import { latin1, type Scratch } from './scratch.js';
import { Deadline, type Expiring } from './timer-wheel.js';
import { createBodyReader, type BodyReader } from './wire/body-reader.js';
import { createResponseReader, type HeadReader } from './wire/head-reader.js';
import type { ResponseHead } from './wire/response-head.js';

/** Who uses a connection at present. */
export interface UpstreamUser {
  upstreamConnected(): void;
  /** `bytes` up to `length` are valid during the call only, unless the connection has them for itself. */
  upstreamBytes(bytes: Buffer, length: number): void;
  /** The backend sends nothing more. */
  upstreamEnded(): void;
  /** The connection is gone, or never came about. */
  upstreamClosed(): void;
  /** What was written has left. */
  upstreamDrained(): void;
}

export interface UpstreamHost {
  readonly buffers: ReadBuffers;
  readonly scratch: Scratch;
  readonly reader: ResponseHead;
  /** An exception in the handling of its bytes: a bug. */
  bug(error: unknown): void;
  /** It closed while nobody used it. */
  lostIdle(connection: UpstreamConnection): void;
}

export class UpstreamConnection implements Expiring {
  /** Which backend it leads to. */
  readonly origin: string;
  readonly socket: net.Socket;
  readonly reader: HeadReader<ResponseHead>;
  readonly body: BodyReader;
  /** Runs while it is idle. */
  readonly deadline: Deadline;
  user: UpstreamUser | null;
  connected = false;
  /** It has carried an exchange before the present one. */
  isReused = false;
  readonly #host: UpstreamHost;
  /** Its own memory during a long body. */
  #own: Buffer | null = null;
  #wantsOwn = false;
  #isLent = false;

  constructor(host: UpstreamHost, origin: string, address: BackendAddress, user: UpstreamUser) {
    this.origin = origin;
    this.user = user;
    this.#host = host;
    this.reader = createResponseReader(host.reader, latin1);
    this.body = createBodyReader(host.reader.limits, host.scratch.segments);
    this.deadline = new Deadline(this);
    this.socket = this.#connect(address);
  }

  /** Whether the bytes of the read that is dealt with may be kept without a copy. */
  get hasOwnBytes(): boolean {
    return this.#own !== null;
  }

  /** Memory for bytes that must be moved before they can go on. */
  block(size: number): Buffer {
    return size <= READ_BYTES ? this.#host.buffers.lease() : Buffer.allocUnsafeSlow(size);
  }

  /** Nothing of a block waits in a socket: it may be used again. */
  giveBack(block: Buffer): void {
    if (block.length === READ_BYTES) this.#host.buffers.giveBack(block);
  }

  /** From the next read on, into memory of its own: more of a long body is to come. */
  readIntoOwn(): void {
    this.#wantsOwn = true;
  }

  /** Bytes of the present read wait in another socket: the memory is not used again. */
  lend(): void {
    this.#isLent = true;
  }

  /** The exchange is over, and another one may follow. */
  release(): void {
    this.user = null;
    this.isReused = true;
    this.#wantsOwn = false;
  }

  destroy(): void {
    this.user = null;
    this.socket.destroy();
  }

  /** It was idle for too long. */
  expired(): void {
    if (this.user === null) this.socket.destroy();
  }

  #connect(address: BackendAddress): net.Socket {
    const { host, port } = address;
    const isSecure = address.protocol === 'https';
    const socket = isSecure
      ? tls.connect({
          host,
          port,
          ...(net.isIP(host) === 0 && { servername: host }),
          ALPNProtocols: ['http/1.1'],
        })
      : net.connect({
          host,
          port,
          allowHalfOpen: true,
          noDelay: true,
          onread: {
            buffer: () => this.#nextBuffer(),
            callback: (length, bytes) => this.#read(bytes, length),
          },
        });
    if (isSecure) {
      socket.setNoDelay(true);
      // Each chunk is memory of its own.
      socket.on('data', (chunk: Buffer) => {
        this.#own = chunk;
        this.#read(chunk, chunk.length);
      });
    }
    socket.on(isSecure ? 'secureConnect' : 'connect', () => {
      this.connected = true;
      this.user?.upstreamConnected();
    });
    // What follows is told by `close`.
    socket.on('error', () => undefined);
    socket.on('drain', () => this.user?.upstreamDrained());
    socket.on('end', () => {
      if (this.user === null) socket.destroy();
      else this.user.upstreamEnded();
    });
    socket.on('close', () => {
      const { user } = this;
      this.user = null;
      if (user === null) this.#host.lostIdle(this);
      else user.upstreamClosed();
    });
    return socket;
  }

  #read(bytes: Uint8Array, length: number): boolean {
    const { user } = this;
    // Nobody asked. Whatever it is, it must not be taken for the answer to the next request (CVE-2026-48931).
    if (user === null) {
      this.socket.destroy();
      return true;
    }
    try {
      user.upstreamBytes(bytes as Buffer, length);
    } catch (error) {
      this.#host.bug(error);
      this.socket.destroy();
    }
    return true;
  }

  /** Called by the socket after each read, so that no memory changes hands during one. */
  #nextBuffer(): Buffer {
    const { buffers } = this.#host;
    if (this.#own !== null && (this.#isLent || !this.#wantsOwn)) {
      if (!this.#isLent) buffers.giveBack(this.#own);
      this.#own = null;
      this.#isLent = false;
    }
    if (this.#wantsOwn) this.#own ??= buffers.lease();
    return this.#own ?? buffers.shared;
  }
}
