/**
 * An upgraded connection: bytes both ways, each side's end passed on by itself, cut when both were silent for too long.
 * Does not look at the bytes. Large messages are copied: a block to read into would be held as long as a tunnel is silent.
 */
import type { RequestAccount } from '../request-account.js';
import { cutSocket } from '../cut-socket.js';
import { writeBytes } from './byte-sink.js';
import type { ClientPort, TunnelPort } from './client-port.js';
import { Deadline, type Expiring, type TimerWheel } from './timer-wheel.js';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.js';

interface TunnelParts {
  readonly client: ClientPort;
  readonly upstream: UpstreamConnection;
  readonly account: RequestAccount;
  readonly idleMs: number;
  readonly wheel: TimerWheel;
  /** A bug: the client is cut. */
  lost(error: unknown): void;
  /** Both sides are closed. Called once. */
  onOver(): void;
}

export class Tunnel implements UpstreamUser, TunnelPort, Expiring {
  readonly #parts: TunnelParts;
  #isClientOpen = true;
  #isUpstreamOpen = true;
  /** Runs when the client's own, which is the tunnel's as long as it is there, does not run any more. */
  #deadline: Deadline | null = null;

  constructor(parts: TunnelParts) {
    this.#parts = parts;
    parts.upstream.user = this;
    this.#moved();
  }

  clientBytes(bytes: Buffer, length: number): void {
    const { upstream, client, account } = this.#parts;
    this.#moved();
    account.received(length);
    if (!upstream.socket.writable) return;
    writeBytes(upstream, client.memory, bytes, length);
    if (upstream.socket.writableNeedDrain) client.holdClient();
  }

  clientEnded(): void {
    const { socket } = this.#parts.upstream;
    if (socket.writable) socket.end();
  }

  clientDrained(): void {
    this.#moved();
    this.#parts.upstream.socket.resume();
  }

  clientClosed(clean: boolean): void {
    this.#isClientOpen = false;
    const { socket } = this.#parts.upstream;
    if (!clean || !socket.writableEnded) cutSocket(socket);
    else if (this.#isUpstreamOpen) {
      // What waits here may still be taken.
      this.#deadline = new Deadline(this);
      this.#moved();
    }
    this.#over();
  }

  upstreamConnected(): void {
    throw new Error('a tunnel runs on a connection that stands');
  }

  upstreamBytes(bytes: Buffer, length: number): void {
    const { client, upstream, account } = this.#parts;
    this.#moved();
    account.sent(length);
    writeBytes(client, upstream.memory, bytes, length);
    if (client.needsDrain) upstream.socket.pause();
  }

  upstreamEnded(): void {
    this.#parts.client.endSide();
  }

  upstreamClosed(): void {
    this.#isUpstreamOpen = false;
    const { client } = this.#parts;
    // What was read before the end is still being written; only a broken side breaks the other.
    if (!client.hasEndedSide) client.destroy();
    this.#over();
  }

  upstreamDrained(): void {
    this.#moved();
    this.#parts.client.letClientGo();
  }

  upstreamLost(error: unknown): void {
    this.#isUpstreamOpen = false;
    this.#parts.lost(error);
    // With a client that has gone before, nothing else says so.
    this.#over();
  }

  expired(): void {
    this.#parts.client.destroy();
    cutSocket(this.#parts.upstream.socket);
  }

  destroy(): void {
    this.expired();
  }

  #moved(): void {
    const { client, wheel, idleMs } = this.#parts;
    if (this.#deadline === null) client.setDeadline(idleMs);
    else wheel.set(this.#deadline, idleMs);
  }

  #over(): void {
    if (!this.#isUpstreamOpen && this.#deadline !== null) this.#parts.wheel.giveUp(this.#deadline);
    if (!this.#isClientOpen && !this.#isUpstreamOpen) this.#parts.onOver();
  }
}
