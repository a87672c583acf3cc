/** The last words on connections of HTTP/1.1: where node has no response object, and where a client goes on sending. */
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '#shared/error-code.js';
import type { TimerHandle } from '#shared/ports.js';
import { LINGER_MS } from '../engine-limits.js';
import { localAnswer } from '../local-answer.js';
import type { Arrival } from './arrival.js';

/** Writes the answer, ends the connection, and cuts it when the peer does not take leave. */
export function replyAndClose(socket: Duplex, code: ErrorCode, headOnly = false): void {
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(localAnswer(code, { connection: 'close', headOnly }), 'latin1');
  socket.resume();
  lingerThenDestroy(socket);
}

/**
 * The answer is out and the body still comes: it is thrown away for a while, then the connection is cut. A shared one is not:
 * there the answer ends its stream by itself.
 */
export function endLateBody({ request, shared }: Arrival): void {
  if (shared !== undefined) return;
  const { socket } = request;
  if (request.complete || socket.destroyed) return;
  const timer = lingerThenDestroy(socket);
  request.on('end', () => timer.cancel());
}

function lingerThenDestroy(socket: Duplex): TimerHandle {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const cancel = (): void => clearTimeout(timer);
  socket.once('close', cancel);
  return { cancel };
}
