/** An access log whose reader has stopped: a pipe that is full must cost lines, and neither requests nor the end of the process. */
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { connectRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';
import { forkWorker, welcome, type WorkerProcess } from '../support/worker-process.js';
import { MAX_WAITING_LOG_BYTES } from '../../data-plane/access-log.js';

/** Each request makes a line of at least this length. */
const TARGET = `/${'x'.repeat(8_000)}`;
/** More than the pipe, this process and the worker can hold. */
const ENOUGH = Math.ceil((2 * MAX_WAITING_LOG_BYTES) / TARGET.length);

describe('a worker whose standard output nobody reads', () => {
  let backend: BackendServer;
  let process: WorkerProcess;

  beforeEach(async () => {
    backend = await startBackend(() => answer('hello'));
    process = forkWorker();
    process.send(welcome({ log: { level: 'info', format: 'json' } }));
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])], { accessLogRatio: 1 }));
  });
  afterEach(async () => {
    await process.kill();
    await backend.close();
  });

  /** Lines that the worker told its primary it had dropped. */
  function dropped(): number {
    const names: string[] = [];
    let count = 0;
    for (const message of process.messages) {
      if (message.type !== 'metrics') continue;
      names.push(...message.series.map(({ metric }) => metric));
      for (let i = 0; i + 1 < message.values.length; i += 2) {
        if (names[message.values[i] ?? -1] === 'accessLogDropped') count += message.values[i + 1] ?? 0;
      }
    }
    return count;
  }

  it('answers every request, counts the lines that it drops, and ends when it is told to', async () => {
    const { port } = await process.hears('ready');
    const client = await connectRaw(port);
    for (let sent = 1; sent <= ENOUGH; sent++) {
      client.send(`GET ${TARGET} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      await waitUntil('the answer', () => client.received().split('HTTP/1.1 200 OK').length > sent);
    }
    await waitUntil('the count of dropped lines', () => dropped() > 0);
    client.close();
    // It writes a line about that, too.
    process.send({ type: 'shutdown', deadlineMs: 100 });
    expect(await process.exited()).toBe(0);
  });
});
