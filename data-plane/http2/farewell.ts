/**
 * How a connection of HTTP/2 that is over comes to its end though its peer may not say so: a peer that misbehaved is reset. One
 * whose answers have all been sent may still read the last of them, which the system has: its connection is closed, not reset.
 */
import type { TLSSocket } from 'node:tls';
import { cutSocket, resetSocket, unsentBytes } from '../cut-socket.js';
import { guarded } from '../guarded.js';

/** How long a connection that was closed may take to say so. A peer that does not read would hold it for ever. */
export const FAREWELL_MS = 2_000;

export interface FarewellOrder {
  /** How long the peer may take nothing of what this process has yet to hand over. */
  readonly idleMs: number;
  monotonic(): number;
  bug(error: unknown): void;
}

export class Farewell {
  readonly #socket: TLSSocket;
  readonly #order: FarewellOrder;
  #timer: NodeJS.Timeout | null = null;
  #isReset = false;
  /** What was to be handed over when last looked at, and since when it is as much. */
  #unsent = 0;
  #movedAt = 0;

  constructor(socket: TLSSocket, order: FarewellOrder) {
    this.#socket = socket;
    this.#order = order;
  }

  /** It ends by a reset. */
  get isReset(): boolean {
    return this.#isReset;
  }

  /** Its answers are sent. */
  begin(): void {
    if (this.#timer !== null || this.#socket.destroyed) return;
    this.#unsent = unsentBytes(this.#socket);
    this.#movedAt = this.#order.monotonic();
    this.#wait();
  }

  /** Nothing more that is for this peer matters. */
  beginReset(): void {
    this.#isReset = true;
    this.begin();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(
      guarded(
        (error) => {
          this.#order.bug(error);
          this.#socket.destroy();
        },
        () => this.#look(),
      ),
      FAREWELL_MS,
    );
  }

  #look(): void {
    const unsent = unsentBytes(this.#socket);
    if (this.#isReset) return resetSocket(this.#socket);
    if (unsent === 0) return cutSocket(this.#socket);
    const at = this.#order.monotonic();
    if (unsent !== this.#unsent) this.#movedAt = at;
    this.#unsent = unsent;
    if (at - this.#movedAt >= this.#order.idleMs) resetSocket(this.#socket);
    else this.#wait();
  }
}
