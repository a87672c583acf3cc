/** A request that has come in, over HTTP/1.1 or HTTP/2. Types only. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '#shared/error-code.js';
import type { DownstreamResponse } from './downstream.js';

export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: DownstreamResponse;
  /** The client waits for a word before it sends its body. */
  readonly expectsContinue: boolean;
  /** The connection, and what came on it after the head, if the request may change its protocol. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | null;
  /** Present when the connection carries other requests too, and so outlives this one. */
  readonly shared?: {
    /** Takes no further requests on it. */
    retire(): void;
    /** How long the client may take nothing of the answer from now on, milliseconds. */
    awaitClient(idleMs: number): void;
    /** The host that the client opened it for; `null`: it did not say. */
    readonly serverName: string | null;
  };
  /** What was found wrong with it as a request of HTTP/2. */
  readonly refusal?: ErrorCode;
}
