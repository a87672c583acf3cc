/**
 * How connections of HTTP/1.1 end after their last answer: so that the client can read it. What has not been read of a
 * connection when it is closed resets it, and a reset takes from the client what it has not read yet (RFC 9112 §9.6).
 */
import type { Socket } from 'node:net';
import { cutSocket } from '../cut-socket.js';
import type { ErrorCode } from '#shared/error-code.js';
import { LINGER_MS } from '../engine-limits.js';
import { replyText, type ReplyOptions } from '../reply-text.js';
import type { Arrival } from './arrival.js';

/** Has node end the connection gently after its last answer. Node would close it at once. */
export function endGently(socket: Socket): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (socket.readableEnded || !socket.writable) destroySoon();
    else endSide(socket);
  };
}

/** Writes the answer, where node has no response object, and ends the connection. */
export function replyAndClose(
  socket: Socket,
  code: ErrorCode,
  facts: Pick<ReplyOptions, 'date' | 'headOnly'>,
): void {
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.write(replyText(code, { ...facts, connection: 'close' }), 'latin1');
  endSide(socket);
}

/**
 * The answer is out and the body still comes: it is thrown away for a while, then the connection is cut. A shared one is not:
 * there the answer ends its stream by itself.
 */
export function endLateBody({ request, shared }: Arrival): void {
  if (shared !== undefined) return;
  const { socket } = request;
  if (request.complete || socket.destroyed) return;
  const timer = setTimeout(() => cutSocket(socket), LINGER_MS);
  const cancel = (): void => clearTimeout(timer);
  socket.once('close', cancel);
  request.once('end', cancel);
}

/** Sends no more, reads away what still comes, and cuts the connection when the peer does not take leave. */
function endSide(socket: Socket): void {
  if (socket.writableEnded) return;
  // Nothing of it is a request any more: node's parser gets no more of it.
  socket.on('data', () => undefined);
  socket.removeAllListeners('data');
  socket.end();
  socket.resume();
  const timer = setTimeout(() => cutSocket(socket), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
