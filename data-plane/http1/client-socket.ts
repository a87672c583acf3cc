/**
 * The socket of a client: who is told what happens to it, what is written to it, and how it is ended so that the client can
 * read all that was sent. Knows nothing of requests; `downstream-connection.ts` does.
 */
import type { Socket } from 'node:net';
import { cutSocket, resetSocket } from '../cut-socket.js';
import { HALF_CLOSED_MS, LINGER_MS } from '../engine-limits.js';
import type { ByteSink } from './byte-sink.js';
import type { EngineParts } from './engine-parts.js';
import { readInto } from './read-into.js';
import { ReadMemory } from './read-memory.js';
import { Deadline, type Expiring } from './timer-wheel.js';

export abstract class ClientSocket implements Expiring, ByteSink {
  readonly socket: Socket;
  readonly deadline: Deadline;
  readonly memory: ReadMemory;
  protected readonly parts: EngineParts;
  readonly #isSecure: boolean;
  /** The client has ended its side, and nothing was written to it since. */
  #mayBeGone = false;
  /** How long that is borne; few connections have one. */
  #patience: Deadline | null = null;

  constructor(parts: EngineParts, socket: Socket, isSecure: boolean) {
    this.parts = parts;
    this.socket = socket;
    this.#isSecure = isSecure;
    this.deadline = new Deadline(this);
    this.memory = new ReadMemory(parts.buffers);
    // From the first moment; what follows is told by `close`.
    socket.on('error', () => undefined);
    socket.on('end', () => this.#tell('ended', false));
    socket.on('drain', () => this.#tell('drained', false));
    socket.on('close', (hadError: boolean) => this.#tell('closed', hadError));
    readInto(socket, {
      next: () => this.memory.next(),
      read: (bytes, length) => this.guard(bytes, length),
    });
  }

  get hasUnsent(): boolean {
    return this.socket.writableLength > 0;
  }

  get needsDrain(): boolean {
    return this.socket.writableNeedDrain;
  }

  get hasEndedSide(): boolean {
    return this.socket.writableEnded;
  }

  write(data: string | Buffer, onSent?: () => void): boolean {
    this.#mayBeGone = false;
    if (!this.socket.writable) return true;
    if (typeof data === 'string') return this.socket.write(data, 'latin1', onSent);
    return this.socket.write(data, onSent);
  }

  setDeadline(delayMs: number): void {
    this.parts.wheel.set(this.deadline, delayMs);
  }

  holdClient(): void {
    this.socket.pause();
  }

  endSide(): void {
    if (this.socket.writable) this.socket.end();
  }

  destroy(): void {
    cutSocket(this.socket);
  }

  abstract expired(): void;

  /** `bytes` up to `length`: valid during the call, see `memory`. */
  protected abstract received(bytes: Buffer, length: number): void;
  protected abstract ended(): void;
  protected abstract drained(): void;
  protected abstract closed(hadError: boolean): void;
  /** Others have had their turn of the event loop. */
  protected abstract turn(): void;

  /** The client has ended its side but may still read. */
  protected halfClosed(): void {
    this.#mayBeGone = true;
    const { wheel } = this.parts;
    this.#patience ??= new Deadline({
      expired: () => {
        // Who is gone answers by a reset to what is on its way to it.
        if (this.#mayBeGone && !this.hasUnsent) this.destroy();
      },
      destroy: () => this.destroy(),
    });
    wheel.set(this.#patience, HALF_CLOSED_MS);
  }

  /** No deadline means anything any more. */
  protected giveUpDeadlines(): void {
    this.parts.wheel.giveUp(this.deadline);
    if (this.#patience !== null) this.parts.wheel.giveUp(this.#patience);
  }

  /** A bug ends this connection, and none but this one. */
  #tell(what: 'ended' | 'drained' | 'closed' | 'turn', hadError: boolean): void {
    try {
      switch (what) {
        case 'ended':
          return this.ended();
        case 'drained':
          return this.drained();
        case 'turn':
          return this.turn();
        case 'closed':
          this.memory.close();
          return this.closed(hadError);
      }
    } catch (error) {
      this.parts.bug(error);
      this.destroy();
    }
  }

  protected guardTurn(): void {
    this.#tell('turn', false);
  }

  protected guard(bytes: Buffer, length: number): void {
    try {
      this.received(bytes, length);
    } catch (error) {
      this.parts.bug(error);
      this.destroy();
    }
  }

  /** Ends it so that nobody takes what was sent for whole. */
  protected breakOff(endsByClosing: boolean): void {
    // Only a reset tells a client that reads until the end. (TLS has none, but an end without notice is as clear.)
    if (endsByClosing && !this.#isSecure) resetSocket(this.socket);
    else this.destroy();
  }

  /** Ends it after our last word. @param isClean nothing more can come from the client */
  protected endGently(isClean: boolean, unsentMs: number): void {
    if (isClean && !this.#isSecure && !this.hasUnsent) {
      // All is with the kernel, which sees to the rest.
      this.socket.destroy();
      return;
    }
    // It may still take some time to read what waits here.
    this.setDeadline(this.hasUnsent ? unsentMs : LINGER_MS);
    this.socket.once('finish', () => this.setDeadline(LINGER_MS));
    this.socket.resume();
    if (isClean) this.socket.destroySoon();
    else this.socket.end();
  }
}
