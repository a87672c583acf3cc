/**
 * The client connections of one server: how many there are, how old they are, and which of them is answering. Decides
 * when a connection has served long enough. Does not close them by itself, except all at once at the end.
 */
import type { Socket } from 'node:net';
import { cutSocket } from '../cut-socket.js';
import type { ErrorCode } from '#shared/error-code.js';
import type { Random } from '#shared/ports.js';
import type { LimitSettings } from '#shared/settings.js';
import { ageFactor, mayStay } from '../connection-age.js';

/** A request that has not been answered to its end. */
export interface RunningExchange {
  /** The client is lost to it. */
  clientClosed(): void;
  /** The client has ended its side, but may still read. */
  clientEnded(): void;
  /** What came of its body is none. */
  refuseBody(code: ErrorCode): void;
}

interface ConnectionFacts {
  readonly openedAt: number;
  readonly ageFactor: number;
  requests: number;
  readonly running: Set<RunningExchange>;
}

export class ClientConnections {
  readonly #open = new Set<Socket>();
  readonly #facts = new WeakMap<Socket, ConnectionFacts>();
  readonly #monotonic: () => number;
  readonly #random: Random;

  constructor(monotonic: () => number, random: Random) {
    this.#monotonic = monotonic;
    this.#random = random;
  }

  get size(): number {
    return this.#open.size;
  }

  opened(socket: Socket): void {
    this.#open.add(socket);
    // From the first moment: whatever happens to a socket is seen by who uses it, and never ends the process.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#open.delete(socket));
    this.began(socket);
  }

  /** From now on the connection ages. Over TLS requests come on another socket than the one that was opened. */
  began(socket: Socket): void {
    this.#factsOf(socket);
  }

  destroyAll(): void {
    for (const socket of this.#open) cutSocket(socket);
  }

  /** Counts a request. Answers whether the connection may serve another one after it. */
  requestBegun(socket: Socket, limits: LimitSettings): boolean {
    const facts = this.#factsOf(socket);
    facts.requests += 1;
    const ageMs = this.#monotonic() - facts.openedAt;
    return mayStay(limits, facts.requests, ageMs, facts.ageFactor);
  }

  exchangeBegun(socket: Socket, exchange: RunningExchange): void {
    this.#factsOf(socket).running.add(exchange);
  }

  exchangeEnded(socket: Socket, exchange: RunningExchange): void {
    this.#factsOf(socket).running.delete(exchange);
  }

  running(socket: Socket): readonly RunningExchange[] {
    return [...this.#factsOf(socket).running];
  }

  #factsOf(socket: Socket): ConnectionFacts {
    const known = this.#facts.get(socket);
    if (known !== undefined) return known;
    const facts: ConnectionFacts = {
      openedAt: this.#monotonic(),
      ageFactor: ageFactor(this.#random),
      requests: 0,
      running: new Set(),
    };
    this.#facts.set(socket, facts);
    return facts;
  }
}
