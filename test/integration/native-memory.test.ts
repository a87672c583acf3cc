/** Clients that do not read, or are silent, cost a worker no more than their buffers. (Row 19 of the faults that are to be survived.) */
import { readFileSync } from 'node:fs';
import { startBackend } from '../support/backend-server.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { untilStill, waitUntil } from '../support/wait-until.js';
import { forkWorker, welcome } from '../support/worker-process.js';

const READERS = 100;
const GROWTH_BYTES = 50 * 1024 * 1024;

function residentBytes(pid: number | undefined): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

describe('a worker with clients that do not read', () => {
  it.each([
    ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n'],
    ['until close', 'HTTP/1.1 200 OK\r\n\r\n'],
  ])('does not take in large responses %s', async (_name, head) => {
    const block = Buffer.alloc(65_536);
    let sent = 0;
    const backend = await startBackend((_request, { socket }) => {
      const pour = (): void => {
        while (socket.writable && socket.write(block)) sent += block.length;
      };
      socket.on('drain', pour);
      socket.write(head);
      pour();
    });
    const process = forkWorker();
    process.send(welcome());
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])]));
    const { port } = await process.hears('ready');
    const pid = process.worker.process.pid;
    const before = residentBytes(pid);
    const clients = await Promise.all(Array.from({ length: READERS }, () => connectRaw(port)));
    for (const { socket } of clients) {
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    }
    await waitUntil('the flow to begin', () => sent > 0);
    await untilStill('the flow', () => sent, { forMs: 200 });
    const growth = residentBytes(pid) - before;
    for (const client of clients) client.close();
    await process.kill();
    await backend.close();
    expect(growth).toBeLessThan(GROWTH_BYTES);
  });
});

describe('a worker with tunnels that were busy once', () => {
  it('holds nothing for them while they are silent', async () => {
    const message = Buffer.alloc(100_000, 'm');
    const backend = await startBackend((_request, { socket }) => {
      socket.on('data', (echo: Buffer) => socket.write(echo));
      return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
    });
    const process = forkWorker();
    process.send(welcome());
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])]));
    const { port } = await process.hears('ready');
    const before = residentBytes(process.worker.process.pid);
    const clients: RawClient[] = [];
    while (clients.length < 2 * READERS) {
      const client = await connectRaw(port);
      clients.push(client);
      client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      await client.until(/\r\n\r\n/);
      client.send(message);
      await waitUntil('the echo', () => client.received().length > message.length);
    }
    const growth = residentBytes(process.worker.process.pid) - before;
    for (const client of clients) client.close();
    await process.kill();
    await backend.close();
    // A block of 128 KiB for each, in one direction alone, would be 26 MB.
    expect(growth).toBeLessThan(18 * 1024 * 1024);
  });
});

describe('a worker with bodies that come in tiny pieces', () => {
  it('keeps little more than their bytes for another attempt', async () => {
    const CHUNKS = 7_000;
    // What is cut out parts what is kept: nine bytes of each chunk, less than are kept at most.
    const body = '4;a\r\nxxxx\r\n'.repeat(CHUNKS);
    let taken = 0;
    const backend = await startBackend(() => undefined, {
      onConnection: ({ socket }) => socket.on('data', (chunk: Buffer) => (taken += chunk.length)),
    });
    const process = forkWorker();
    process.send(welcome());
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])]));
    const { port } = await process.hears('ready');
    const before = residentBytes(process.worker.process.pid);
    const clients = await Promise.all(Array.from({ length: 2 * READERS }, () => connectRaw(port)));
    for (const client of clients) {
      client.send('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
      client.send(body);
    }
    await waitUntil('all of it at the backend', () => taken > 2 * READERS * CHUNKS * 9);
    const growth = residentBytes(process.worker.process.pid) - before;
    for (const client of clients) client.close();
    await process.kill();
    await backend.close();
    // A buffer for each piece would be 270 MB.
    expect(growth).toBeLessThan(2 * GROWTH_BYTES);
  });
});
