/** Answers a request that is not HTTP, or that did not arrive in time, on the bare socket, and ends the connection. */
import type { Socket } from 'node:net';
import { problemDocument, type Problem } from './problem.js';

const TIMED_OUT = 'ERR_HTTP_REQUEST_TIMEOUT';

export function cameTooLate(error: { readonly code?: string }): boolean {
  return error.code === TIMED_OUT;
}

export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const document = problemDocument(brokenRequest(error.code));
  const body = JSON.stringify(document);
  socket.write(
    `HTTP/1.1 ${document.status} ${document.title}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  // Not `end`, because a client that never closes its side would keep the connection open.
  socket.destroySoon();
}

function brokenRequest(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { type: 'head_too_large', detail: 'The request head is larger than 16 KiB.' };
  }
  if (code === TIMED_OUT) return { type: 'request_timeout', detail: 'The request did not arrive in time.' };
  return { type: 'bad_request', detail: 'This is not valid HTTP.' };
}
