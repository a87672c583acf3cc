/**
 * The origin behind the proxies: a process of its own on raw sockets that writes bytes made beforehand.
 *
 * `/bytes/N` answers with N bytes, anything else (health checks) with 2. Request bodies are read and dropped;
 * WebSocket messages are echoed. It listens on all addresses, so that a thousand loopback addresses are a thousand
 * backends, and hangs up on whoever is not on the loopback. Ends when the bench does.
 */
import { type AddressInfo, createServer } from 'node:net';
import { serveOrigin } from './origin-connection.js';

const MAX_BODY_BYTES = 1_048_576;
const LISTEN_BACKLOG = 2_048;

function answers(): (head: string) => Buffer {
  const made = new Map<number, Buffer>();
  return (head) => {
    const size = Math.min(Number(/ \/bytes\/(\d{1,7}) /.exec(head)?.[1] ?? 2), MAX_BODY_BYTES);
    const known = made.get(size);
    if (known !== undefined) return known;
    const fields = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${size}\r\n\r\n`;
    const answer = Buffer.concat([Buffer.from(fields, 'latin1'), Buffer.alloc(size, 'x')]);
    made.set(size, answer);
    return answer;
  };
}

const answerTo = answers();
const server = createServer((socket) => {
  if (socket.remoteAddress?.startsWith('127.') === true) serveOrigin(socket, answerTo);
  else socket.destroy();
});
server.listen({ port: 0, host: '0.0.0.0', backlog: LISTEN_BACKLOG }, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit(0));
