import { once } from 'node:events';
import { type AddressInfo, type Server, connect, createServer } from 'node:net';
import { serveOrigin } from '../bench/origin-connection.js';
import { ECHO, MESSAGE } from '../bench/scenarios.js';
import { ResponseScanner } from '../support/response-scanner.js';

describe('the origin in Node', () => {
  let server: Server;
  let port = 0;
  const heads: string[] = [];

  beforeAll(async () => {
    server = createServer((socket) =>
      serveOrigin(socket, (head) => {
        heads.push(head.split('\r\n')[0] ?? '');
        return Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      }),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
  });

  /** Sends these pieces one write at a time and collects `count` responses. */
  async function talk(pieces: readonly string[], count: number): Promise<number[]> {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    const scanner = new ResponseScanner({ keepBodies: false });
    const statuses: number[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      for (const { status } of scanner.push(chunk)) statuses.push(status);
      if (statuses.length >= count) resolve();
    });
    for (const piece of pieces) {
      await new Promise<void>((sent) => socket.write(piece, () => setImmediate(sent)));
    }
    await promise;
    socket.destroy();
    return statuses;
  }

  const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';

  it.each([
    { name: 'a head in pieces', pieces: ['GET / HT', 'TP/1.1\r\nHost: a\r\n\r', '\n'], count: 1 },
    {
      name: 'a body of known length in pieces',
      pieces: [`${POST}Content-Length: 4\r\n\r\nxx`, 'xx'],
      count: 1,
    },
    {
      name: 'a chunked body in pieces',
      pieces: [`${POST}Transfer-Encoding: chunked\r\n\r\n2\r\nxx`, '\r\n0\r', '\n\r\n'],
      count: 1,
    },
    {
      name: 'requests that come together',
      pieces: [`${POST}Content-Length: 2\r\n\r\nxxGET / HTTP/1.1\r\nHost: a\r\n\r\n`],
      count: 2,
    },
  ])('answers each request once: $name', async ({ pieces, count }) => {
    heads.length = 0;
    expect(await talk(pieces, count)).toEqual(Array(count).fill(200));
    expect(heads).toHaveLength(count);
  });

  it('echoes one frame for each message of an upgraded connection, however they are cut', async () => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    const received: Buffer[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const expected = Buffer.concat([ECHO, ECHO]);
    let upgraded = false;
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      if (!upgraded && Buffer.concat(received).includes('\r\n\r\n')) {
        upgraded = true;
        received.length = 0;
        socket.write(MESSAGE.subarray(0, 10), () =>
          socket.write(Buffer.concat([MESSAGE.subarray(10), MESSAGE])),
        );
      } else if (upgraded && Buffer.concat(received).length >= expected.length) {
        resolve();
      }
    });
    socket.write(
      'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n',
    );
    await promise;
    expect(Buffer.concat(received).equals(expected)).toBe(true);
    socket.destroy();
  });
});
