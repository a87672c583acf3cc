/**
 * Ends connections that are given up. What waits to be sent on one is lost with it anyway; closed in the ordinary way, the system would
 * go on offering what it has (2.7 MB of an answer) to a peer that does not read, for minutes. A reset takes it back, and does not look like
 * an end. What is ended in good order is not for here.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** Ends it at once: by a reset where something waits to be sent. */
export function cutSocket(socket: Duplex): void {
  if (socket.writableLength > 0) resetSocket(socket);
  else socket.destroy();
}

/** Ends it at once, by a reset where that is possible. */
export function resetSocket(socket: Duplex): void {
  const plain = socket instanceof TLSSocket ? beneath(socket) : socket;
  if (plain instanceof Socket && !plain.destroyed && !plain.connecting) plain.resetAndDestroy();
  socket.destroy();
}

/**
 * Bytes that this process has yet to hand to the system. HTTP/2 writes past the stream of its socket: only the handle knows of
 * those, and node does not document that it does.
 */
export function unsentBytes(
  socket: Duplex & { readonly _handle?: { readonly writeQueueSize?: number } | null },
): number {
  return Math.max(socket.writableLength, socket._handle?.writeQueueSize ?? 0);
}

/**
 * The connection that TLS runs on. Node has it as a property that is not documented, and only on sockets of servers; without it
 * the connection is closed in the ordinary way.
 */
function beneath(socket: TLSSocket & { readonly _parent?: unknown }): unknown {
  return socket._parent;
}
