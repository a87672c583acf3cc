/** The unusual way in which accepted sockets are read: that this Node has what it needs, and that streams behave with it. */
import * as net from 'node:net';
import { canReadInto, readInto } from '../../data-plane/http1/read-into.js';
import { type Listening, listen } from '../support/listen.js';
import { openTcp } from '../support/raw-client.js';
import { waitUntil } from '../support/wait-until.js';

describe('reading an accepted socket into memory of ours', () => {
  let server: Listening;
  let accepted: net.Socket;
  let client: net.Socket;
  let memory: Buffer;
  let text: string;
  let ends: number;
  let used: Buffer[];

  beforeEach(async () => {
    memory = Buffer.alloc(16);
    text = '';
    ends = 0;
    used = [];
    const accepting = net.createServer({ allowHalfOpen: true }, (socket) => {
      accepted = socket;
      socket.on('end', () => (ends += 1));
      readInto(socket, {
        next: () => memory,
        read: (bytes, length) => {
          used.push(bytes);
          text += bytes.toString('latin1', 0, length);
        },
      });
    });
    server = await listen(accepting);
    client = openTcp(server.port);
    await waitUntil('the socket', () => accepted !== undefined);
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
  });

  it('is possible on the Node that Tidegate brings', () => {
    expect(canReadInto).toBe(true);
  });

  it('takes all bytes in order, however small the memory, and the end', async () => {
    const sent = Array.from({ length: 1_000 }, (_, n) => `${n} `).join('');
    client.end(sent);
    await waitUntil('the end', () => ends === 1);
    expect(text).toBe(sent);
  });

  it('asks after each read where the next one goes', async () => {
    const first = memory;
    const second = Buffer.alloc(16);
    client.write('one');
    await waitUntil('the first', () => text === 'one');
    // Asked already: the next read goes where it was said to go.
    memory = second;
    client.write('two');
    await waitUntil('the second', () => text === 'onetwo');
    client.write('three');
    await waitUntil('the third', () => text === 'onetwothree');
    expect(used).toEqual([first, first, second]);
  });

  it('stops while it is paused, and goes on', async () => {
    client.write('a');
    await waitUntil('the first', () => text === 'a');
    accepted.pause();
    const bytesBefore = accepted.bytesRead;
    client.write('b');
    await waitUntil('it to be sent', () => client.writableLength === 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(accepted.bytesRead).toBe(bytesBefore);
    expect(text).toBe('a');
    accepted.resume();
    await waitUntil('the rest', () => text === 'ab');
  });
});
