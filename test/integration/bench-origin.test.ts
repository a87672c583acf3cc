import { createServer } from 'node:net';
import { serveOrigin } from '../bench/origin-connection.js';
import { ECHO, MESSAGE } from '../bench/scenarios.js';
import { type Listening, listen } from '../support/listen.js';
import { connectRaw } from '../support/raw-client.js';
import { ResponseScanner } from '../support/response-scanner.js';
import { waitUntil } from '../support/wait-until.js';

describe('the origin in Node', () => {
  let server: Listening;
  const heads: string[] = [];

  beforeAll(async () => {
    server = await listen(
      createServer((socket) =>
        serveOrigin(socket, (head) => {
          heads.push(head.split('\r\n')[0] ?? '');
          return Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        }),
      ),
    );
  });
  afterAll(() => server.close());

  /** Sends these pieces one write at a time and collects `count` responses. */
  async function talk(pieces: readonly string[], count: number): Promise<number[]> {
    const client = await connectRaw(server.port);
    client.socket.setNoDelay(true);
    for (const piece of pieces) {
      await new Promise<void>((sent) => client.socket.write(piece, () => setImmediate(sent)));
    }
    const statuses = (): number[] =>
      new ResponseScanner({ keepBodies: false })
        .push(Buffer.from(client.received(), 'latin1'))
        .map(({ status }) => status);
    await waitUntil('the responses', () => statuses().length >= count);
    client.close();
    return statuses();
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
    const client = await connectRaw(server.port);
    client.socket.setNoDelay(true);
    const expected = Buffer.concat([ECHO, ECHO]).toString('latin1');
    client.send(
      'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n',
    );
    const head = (await client.until('\r\n\r\n')).length;
    await new Promise<void>((sent) => client.socket.write(MESSAGE.subarray(0, 10), () => sent()));
    client.send(Buffer.concat([MESSAGE.subarray(10), MESSAGE]));
    await waitUntil('the echoes', () => client.received().length >= head + expected.length);
    expect(client.received().slice(head)).toBe(expected);
    client.close();
  });
});
