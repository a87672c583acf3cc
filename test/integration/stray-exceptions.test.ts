/** A real worker in which something throws where nobody catches it. */
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';
import { forkWorker, welcome, type WorkerProcess } from '../support/worker-process.js';

const GET = 'GET /hello HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
/** What a worker is made to run besides its own code. */
const preloaded = (code: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
});

describe('an exception that nobody has caught', () => {
  let backend: BackendServer;
  let process: WorkerProcess;

  const serve = async (code: string): Promise<number> => {
    process = forkWorker(preloaded(code));
    await process.hears('hello');
    process.send(welcome());
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])]));
    return (await process.hears('ready')).port;
  };
  const internalErrors = (): number => {
    let total = 0;
    let slot = -1;
    for (const message of process.messages) {
      if (message.type !== 'metrics') continue;
      const found = message.series.findIndex(({ metric }) => metric === 'internalErrors');
      if (found >= 0) slot = message.firstSeries + found;
      for (let i = 0; i + 1 < message.values.length; i += 2) {
        if (message.values[i] === slot) total += message.values[i + 1] ?? 0;
      }
    }
    return total;
  };

  beforeEach(async () => {
    backend = await startBackend(() => answer('hello'));
  });
  afterEach(async () => {
    await process.kill();
    await backend.close();
  });

  it.each([
    ['thrown', 'throw new Error("stray")'],
    ['of a promise', 'void Promise.reject(new Error("stray"))'],
  ])('ends no worker that serves, and is counted: %s', async (_name, statement) => {
    const port = await serve(`process.on("SIGUSR2", () => { ${statement} })`);
    for (let count = 1; count <= 3; count += 1) {
      globalThis.process.kill(process.worker.process.pid ?? 0, 'SIGUSR2');
      await waitUntil('it to be counted', () => {
        process.send({ type: 'flush', id: 1 });
        return internalErrors() === count;
      });
    }
    expect(await exchangeRaw(port, GET)).toMatch(/hello$/);
  });

  it('ends a worker that does not serve yet, so that its primary knows', async () => {
    process = forkWorker(preloaded('process.once("message", () => { throw new Error("stray") })'));
    await process.hears('hello');
    process.send(welcome());
    expect(await process.exited()).toBe(1);
  });
});
