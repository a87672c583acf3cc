/** A program of its own: answers every connection as a backend that is well. Prints its port. On all of 127.0.0.0/8. */
import * as net from 'node:net';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

const server = net.createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end(ANSWER));
});
server.listen({ host: '0.0.0.0', port: 0, backlog: 8_192 }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`${address.port}\n`);
});
