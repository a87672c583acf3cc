/**
 * The answer to a client, as far as this engine uses it: node's `ServerResponse` for HTTP/1.1, and its counterpart on a
 * stream of HTTP/2. Types only.
 */
import type { OutgoingHttpHeader } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

export interface DownstreamResponse extends Writable {
  readonly headersSent: boolean;
  /** The connection that belongs to this answer. `null`: none is left, or it carries other answers too. */
  readonly socket: Socket | null;
  /** Whether trailers can follow the body. Known once the head is written. */
  readonly chunkedEncoding: boolean;
  /** Whether the client may send another request on this connection. Of no meaning where the connection is shared. */
  shouldKeepAlive: boolean;
  /** What was given to a `writeHead` that failed stays here. */
  statusMessage: string;
  /** Throws when this head cannot be sent. Fields: name, value, name, value… */
  writeHead(status: number, statusMessage: string, fields: OutgoingHttpHeader[]): unknown;
  writeHead(status: number, fields: OutgoingHttpHeader[]): unknown;
  flushHeaders(): void;
  writeContinue(): void;
  /** Throws when this head cannot be sent. */
  writeInformation(status: number, fields: string[]): unknown;
  addTrailers(trailers: [string, string][]): void;
}
