/** The worker as a process: what it says to its primary, and what it does without one. */
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { forkWorker, welcome, type WorkerProcess } from '../support/worker-process.js';

const GET = 'GET /hello HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

describe('a worker process', () => {
  let backend: BackendServer;
  let process: WorkerProcess;
  let port: number;

  beforeEach(async () => {
    backend = await startBackend(() => answer('hello'));
    process = forkWorker();
    expect(await process.hears('hello')).toMatchObject({ protocol: 1, pid: process.worker.process.pid });
    process.send(welcome());
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])]));
    ({ port } = await process.hears('ready'));
  });
  afterEach(async () => {
    await process.kill();
    await backend.close();
  });

  it('answers hello, applies a snapshot, listens and forwards', async () => {
    expect(await process.hears('ack')).toEqual({ type: 'ack', epoch: 1, version: 1 });
    expect(await exchangeRaw(port, GET)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhello$/);
    expect(backend.requests[0]?.target).toBe('/hello');
  });
});
