/** Local replies on connections where node has no response object: what was not HTTP, and CONNECT. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '#shared/error-code.js';
import type { TimerHandle } from '#shared/ports.js';
import { localReply } from '../routing/local-reply.js';

/** Writes the answer, ends the connection, and cuts it when the peer does not take leave. Answers the status. */
export function replyAndClose(socket: Duplex, code: ErrorCode): number {
  const { status, headers, body } = localReply(code);
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return status;
  }
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i] ?? ''}: ${headers[i + 1] ?? ''}`);
  lines.push('Connection: close', '', body);
  socket.end(lines.join('\r\n'));
  socket.resume();
  lingerThenDestroy(socket);
  return status;
}

/** How long a peer may go on sending after our last word. Cutting at once could take the answer from it (TCP reset). */
export const LINGER_MS = 2_000;

export function lingerThenDestroy(socket: Duplex): TimerHandle {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const cancel = (): void => clearTimeout(timer);
  socket.once('close', cancel);
  return { cancel };
}
