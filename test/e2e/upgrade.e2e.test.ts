import { createHash } from 'node:crypto';
import { type BackendServer, startBackend } from '../support/backend-server.js';
import { type RawClient, connectRaw } from '../support/raw-client.js';
import { Tidegate } from '../support/tidegate-process.js';
import { base } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

describe('WebSocket', () => {
  let backend: BackendServer;
  let tidegate: Tidegate;

  beforeAll(async () => {
    backend = await startBackend((request, { socket }) => {
      socket.on('data', (bytes: Buffer) => socket.write(bytes));
      const accept = createHash('sha1')
        .update(`${request.field('sec-websocket-key')}${GUID}`)
        .digest('base64');
      return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    });
    tidegate = await Tidegate.start(
      `${base(2)}backends: [{ id: ws, url: "http://127.0.0.1:${backend.port}" }]\n`,
    );
  });
  afterAll(async () => {
    await tidegate.dispose();
    await backend.close();
  });

  async function open(): Promise<RawClient> {
    const client = await connectRaw(tidegate.port);
    client.send(
      'GET /chat HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await client.until('\r\n\r\n');
    return client;
  }

  it('upgrades end to end and passes bytes both ways', async () => {
    const client = await open();
    expect(client.received()).toMatch(/^HTTP\/1\.1 101 /);
    expect(client.received()).toMatch(/sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    client.send('hello through the tunnel');
    await client.until(/hello through the tunnel$/);
    client.close();
  });

  it('closes the backend side when the client goes away', async () => {
    const client = await open();
    client.close();
    await waitUntil('the backend side to close', () =>
      backend.connections.every(({ socket }) => socket.destroyed),
    );
  });

  it('outlives a reload of the configuration', async () => {
    const client = await open();
    await tidegate.change('PATCH', '/api/v1/pools/default', { algorithm: 'random' });
    await tidegate.untilConverged();
    client.send('still here');
    await client.until(/still here$/);
    client.close();
  });
});
