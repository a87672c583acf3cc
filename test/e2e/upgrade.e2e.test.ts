import { createHash } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { Tidegate } from '../support/tidegate-process.js';
import { base } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

describe('WebSocket', () => {
  let backend: Server;
  let tidegate: Tidegate;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    backend = createServer((_request, response) => response.writeHead(426).end());
    backend.on('upgrade', (request, socket: Socket, head: Buffer) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}${GUID}`)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.write(head);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    const { port } = backend.address() as AddressInfo;
    tidegate = await Tidegate.start(`${base(2)}backends: [{ id: ws, url: "http://127.0.0.1:${port}" }]\n`);
  });
  afterAll(async () => {
    await tidegate.dispose();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => backend.close(resolve));
  });

  function open(): { socket: Socket; received: () => string } {
    let text = '';
    const socket = connect(tidegate.port, '127.0.0.1');
    socket
      .setEncoding('latin1')
      .on('data', (chunk: string) => (text += chunk))
      .on('error', () => socket.destroy());
    socket.write(
      'GET /chat HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    return { socket, received: () => text };
  }

  it('upgrades end to end and passes bytes both ways', async () => {
    const { socket, received } = open();
    await waitUntil('the upgrade', () => received().includes('\r\n\r\n'));
    expect(received()).toMatch(/^HTTP\/1\.1 101 /);
    expect(received()).toMatch(/sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    socket.write('hello through the tunnel');
    await waitUntil('the echo', () => received().endsWith('hello through the tunnel'));
    socket.destroy();
  });

  it('closes the backend side when the client goes away', async () => {
    const { socket, received } = open();
    await waitUntil('the upgrade', () => received().includes('101'));
    socket.destroy();
    await waitUntil('the backend side to close', () => sockets.size === 0);
  });

  it('outlives a reload of the configuration', async () => {
    const { socket, received } = open();
    await waitUntil('the upgrade', () => received().includes('\r\n\r\n'));
    await tidegate.change('PATCH', '/api/v1/pools/default', { algorithm: 'random' });
    await tidegate.untilConverged();
    socket.write('still here');
    await waitUntil('the echo', () => received().endsWith('still here'));
    socket.destroy();
  });
});
