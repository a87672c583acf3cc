/**
 * One connection to a backend: connect, carry one exchange at a time, lie idle between. Does not know what the bytes mean;
 * it keeps the readers of head and body because these must be where the bytes come from.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { BackendAddress } from '#shared/settings.js';
import type { UpstreamLife } from '../connection-age.js';
import type { ByteSink } from './byte-sink.js';
import { cutSocket } from '../cut-socket.js';
import type { ReadBuffers } from './read-buffers.js';
import { ReadMemory } from './read-memory.js';
import { latin1, type Scratch } from './scratch.js';
import type { TlsSessions } from './tls-sessions.js';
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
  /** One of these has thrown: a bug. The connection is cut, and no more is told. */
  upstreamLost(error: unknown): void;
}

export interface UpstreamHost {
  readonly buffers: ReadBuffers;
  readonly scratch: Scratch;
  readonly reader: ResponseHead;
  readonly sessions: TlsSessions;
  /** Resolves the backend's name. */
  readonly lookup: net.LookupFunction;
  readonly life: UpstreamLife;
  /** An exception where nobody uses it: a bug. */
  bug(error: unknown): void;
  /** It closed while nobody used it. */
  lostIdle(connection: UpstreamConnection): void;
}

export class UpstreamConnection implements Expiring, ByteSink {
  /** Which backend it leads to. */
  readonly origin: string;
  readonly socket: net.Socket;
  readonly reader: HeadReader<ResponseHead>;
  readonly body: BodyReader;
  readonly memory: ReadMemory;
  readonly life: UpstreamLife;
  /** Runs while it is idle. */
  readonly deadline: Deadline;
  user: UpstreamUser | null;
  connected = false;
  /** What the system said when it failed. */
  errorCode = '';
  /** On the clock of the wheel: when it last became idle. */
  idleSince = 0;
  /** It has carried an exchange before the present one. */
  isReused = false;
  readonly #host: UpstreamHost;

  constructor(host: UpstreamHost, origin: string, address: BackendAddress, user: UpstreamUser) {
    this.origin = origin;
    this.user = user;
    this.#host = host;
    this.life = host.life;
    this.reader = createResponseReader(host.reader, latin1);
    this.body = createBodyReader(host.reader.limits, host.scratch.segments);
    this.memory = new ReadMemory(host.buffers);
    this.deadline = new Deadline(this);
    this.socket = this.#connect(address);
  }

  get hasUnsent(): boolean {
    return this.socket.writableLength > 0;
  }

  write(data: string | Buffer, onSent?: () => void): boolean {
    if (typeof data === 'string') return this.socket.write(data, 'latin1', onSent);
    return this.socket.write(data, onSent);
  }

  /** The exchange is over, and another one may follow. */
  release(): void {
    this.user = null;
    this.isReused = true;
    this.memory.rest();
  }

  destroy(): void {
    this.user = null;
    cutSocket(this.socket);
  }

  /** It was idle for too long. */
  expired(): void {
    if (this.user === null) this.socket.destroy();
  }

  #connect(address: BackendAddress): net.Socket {
    const socket =
      address.protocol === 'https' ? this.#connectSecurely(address) : this.#connectPlainly(address);
    // What follows is told by `close`.
    socket.on('error', (error: NodeJS.ErrnoException) => (this.errorCode = error.code ?? ''));
    socket.on('drain', () => this.#tell('drained'));
    socket.on('end', () => this.#tell('ended'));
    socket.on('close', () => this.#tell('closed'));
    return socket;
  }

  #connectPlainly({ host, port }: BackendAddress): net.Socket {
    const socket = net.connect({
      host,
      port,
      lookup: this.#host.lookup,
      allowHalfOpen: true,
      noDelay: true,
      onread: {
        buffer: () => this.memory.next(),
        callback: (length, bytes) => this.#read(bytes, length),
      },
    });
    socket.on('connect', () => this.#tell('connected'));
    return socket;
  }

  #connectSecurely({ host, port }: BackendAddress): net.Socket {
    const { sessions } = this.#host;
    const { origin } = this;
    const offered = sessions.of(origin);
    // Node's types do not know of `allowHalfOpen` here.
    const options: tls.ConnectionOptions & { readonly allowHalfOpen: true } = {
      host,
      port,
      lookup: this.#host.lookup,
      allowHalfOpen: true,
      ...(net.isIP(host) === 0 && { servername: host }),
      ...(offered !== undefined && { session: offered }),
      ALPNProtocols: ['http/1.1'],
    };
    const socket = tls.connect(options);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk, chunk.length));
    // With TLS 1.2 it comes before the certificate has been looked at.
    let early: Buffer | null = null;
    socket.on('session', (session) => {
      if (this.connected) sessions.keep(origin, session);
      else early = session;
    });
    socket.on('secureConnect', () => {
      if (early !== null) sessions.keep(origin, early);
      this.#tell('connected');
    });
    socket.on('error', () => {
      if (!this.connected) sessions.forget(origin);
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
      this.#lost(user, error);
    }
    return true;
  }

  /** A bug ends what the connection is used for, and nothing else. */
  #tell(what: 'connected' | 'drained' | 'ended' | 'closed'): void {
    const { user } = this;
    try {
      switch (what) {
        case 'connected':
          this.connected = true;
          return user?.upstreamConnected();
        case 'drained':
          return user?.upstreamDrained();
        case 'ended':
          return user === null ? this.destroy() : user.upstreamEnded();
        case 'closed':
          this.user = null;
          this.memory.close();
          return user === null ? this.#host.lostIdle(this) : user.upstreamClosed();
      }
    } catch (error) {
      this.#lost(user, error);
    }
  }

  #lost(user: UpstreamUser | null, error: unknown): void {
    this.destroy();
    if (user === null) this.#host.bug(error);
    else user.upstreamLost(error);
  }
}
