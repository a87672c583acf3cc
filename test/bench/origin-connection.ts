/** One connection to the origin: reads a request, answers it when its body is complete, then the next. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { ECHO, MESSAGE } from './scenarios.js';

const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKED_END = Buffer.from('0\r\n\r\n');
const EMPTY = Buffer.alloc(0);
/** From RFC 6455 §1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

type Phase = 'head' | 'sized-body' | 'chunked-body' | 'echo';

/** `answerTo` is told the head of each request and gives the bytes of its answer. */
export function serveOrigin(socket: Socket, answerTo: (head: string) => Buffer): void {
  let phase: Phase = 'head';
  let rest: Buffer = EMPTY;
  let owed = 0;
  let answer: Buffer = EMPTY;

  /** Takes one step; false when it needs more bytes. */
  const step = (): boolean => {
    switch (phase) {
      case 'head': {
        const end = rest.indexOf(HEAD_END);
        if (end < 0) return false;
        const head = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + HEAD_END.length);
        if (/\r\nupgrade: *websocket/i.test(head)) {
          phase = 'echo';
          socket.write(acceptOf(head));
          return true;
        }
        answer = answerTo(head);
        owed = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        phase = /\r\ntransfer-encoding: *chunked/i.test(head) ? 'chunked-body' : 'sized-body';
        return true;
      }
      case 'sized-body': {
        const take = Math.min(owed, rest.length);
        rest = rest.subarray(take);
        owed -= take;
        if (owed > 0) return false;
        phase = 'head';
        socket.write(answer);
        return rest.length > 0;
      }
      case 'chunked-body': {
        // The bodies sent here are all `x`, so that these bytes can only be the last chunk.
        const end = rest.indexOf(CHUNKED_END);
        if (end < 0) {
          rest = rest.subarray(Math.max(0, rest.length - CHUNKED_END.length));
          return false;
        }
        rest = rest.subarray(end + CHUNKED_END.length);
        phase = 'head';
        socket.write(answer);
        return rest.length > 0;
      }
      case 'echo':
        for (; rest.length >= MESSAGE.length; rest = rest.subarray(MESSAGE.length)) socket.write(ECHO);
        return false;
    }
  };

  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy()); // Proxies are ended under load: nothing to report.
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (step());
  });
}

function acceptOf(head: string): string {
  const key = /\r\nsec-websocket-key: *([^\r\n]*)/i.exec(head)?.[1] ?? '';
  const accept = createHash('sha1')
    .update(key.trim() + WEBSOCKET_GUID)
    .digest('base64');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
  );
}
