/** Clients that ask for answers and do not take them cost a worker little. (Rows 18, 19 and 22 of the faults to be survived.) */
import { readFileSync } from 'node:fs';
import { type BackendServer, startBackend } from '../support/backend-server.js';
import { FrameClient, SETTING, headers, request, windowUpdate } from '../support/h2-frames.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { untilStill } from '../support/wait-until.js';
import { type WorkerProcess, forkWorker, welcome } from '../support/worker-process.js';

const CONNECTIONS = 5;
const STREAMS = 100;
const ANSWER_BYTES = 1024 * 1024;
const KB = 1024;

function residentBytes(pid: number | undefined): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * KB;
}

describe('a worker with HTTP/2 clients that do not take their answers', () => {
  let backend: BackendServer;
  let worker: WorkerProcess;
  const clients: FrameClient[] = [];

  beforeEach(async () => {
    const answer = Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER_BYTES}\r\n\r\n`),
      Buffer.alloc(ANSWER_BYTES, 'x'),
    ]);
    backend = await startBackend(() => answer);
    worker = forkWorker();
    worker.send(
      welcome({
        listener: { host: '127.0.0.1', port: 0, tls: true, h2: true, reusePort: false },
        certificate: testCertificate(),
      }),
    );
    worker.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])]));
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await worker.kill();
    await backend.close();
  });

  async function ask(port: number, window: number): Promise<void> {
    const client = await FrameClient.open(port, [SETTING.initialWindowSize, window]);
    clients.push(client);
    client.send(windowUpdate(0, 0x7fffffff - 65_535));
    for (let stream = 1; stream < 2 * STREAMS; stream += 2) client.send(headers(stream, request()));
    for (let stream = 1; stream < 2 * STREAMS; stream += 2) await client.answered(stream);
  }

  it.each([
    // What a stream and its request cost in objects, and three small reads.
    ['a window of 0 from the beginning', 0, 150 * KB],
    // The largest reads, three times; the client has taken more than that before.
    ['a window that is used up', 200_000, 300 * KB],
  ])('holds some KB of each, with %s', async (_name, window, allowed) => {
    const { port } = await worker.hears('ready');
    const { pid } = worker.worker.process;
    await ask(port, ANSWER_BYTES);
    clients.pop()?.close();
    const before = residentBytes(pid);
    for (let i = 0; i < CONNECTIONS; i += 1) await ask(port, window);
    const held = await untilStill('its memory', () => residentBytes(pid), {
      tolerance: 1024 * KB,
      forMs: 500,
    });
    expect((held - before) / (CONNECTIONS * STREAMS)).toBeLessThan(allowed);
  });
});
