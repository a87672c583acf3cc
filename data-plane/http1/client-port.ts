/** A client's connection as everything behind it sees it. Types only: `downstream-connection.ts` is one. */
import type { ByteSink } from './byte-sink.js';
import type { ClientIdentity } from './client-identity.js';
import type { ReadMemory } from './read-memory.js';
import type { HeadTables } from './scratch.js';
import type { BodyReader } from './wire/body-reader.js';

export interface ClientPort extends ByteSink {
  readonly identity: ClientIdentity;
  /** Where what it sends is read into. */
  readonly memory: ReadMemory;
  /** The client has not read for so long that nothing more should be written. */
  readonly needsDrain: boolean;
  /** Nothing more is sent to the client. */
  readonly hasEndedSide: boolean;
  /** For one head, to be used at once. */
  tables(): HeadTables;
  /** For the body of the present request. */
  bodyReader(): BodyReader;
  /** When the present exchange is told that its time is over. */
  setDeadline(delayMs: number): void;
  /** Stops and goes on reading from the client. */
  holdClient(): void;
  letClientGo(): void;
  /** The answer is with the client. @param isLast the client sends nothing more: it said so, and its request is whole */
  exchangeOver(keepAlive: boolean, isLast: boolean): void;
  /** From now on what comes is the tunnel's. */
  becomeTunnel(tunnel: TunnelPort): void;
  /** Nothing more is sent to the client, but it may go on. */
  endSide(): void;
  /** Ends the connection so that nobody takes what was sent for whole. */
  cut(endsByClosing: boolean): void;
  destroy(): void;
}

/** A tunnel as the client's connection sees it. */
export interface TunnelPort {
  /** `bytes` up to `length` are valid during the call. */
  clientBytes(bytes: Buffer, length: number): void;
  clientEnded(): void;
  clientDrained(): void;
  /** @param clean what was read before the end is still on its way to the backend */
  clientClosed(clean: boolean): void;
  expired(): void;
}
