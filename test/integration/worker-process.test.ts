/** The worker as a process: what it says to its primary, and what it does without one. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answer, startBackend, type BackendServer } from '../support/backend-server.js';
import { connectRaw, exchangeRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';
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

  it('refuses a snapshot that it cannot read, and serves on with the one before', async () => {
    const text = new TextEncoder();
    process.send({ type: 'snapshot', epoch: 1, version: 2, payload: text.encode('{"epoch":1') });
    expect(await process.hears('nack')).toMatchObject({ epoch: 1, version: 2 });
    process.send({ type: 'snapshot', epoch: 1, version: 3, payload: text.encode('{"epoch":1,"version":3}') });
    expect(await process.hears('nack', 1)).toMatchObject({
      epoch: 1,
      version: 3,
      reason: expect.any(String),
    });
    const misplaced = snapshotOf([poolOf([])], {}, { version: 9 });
    process.send({ type: 'snapshot', epoch: 1, version: 4, payload: text.encode(JSON.stringify(misplaced)) });
    expect(await process.hears('nack', 2)).toMatchObject({ epoch: 1, version: 4 });
    expect(await exchangeRaw(port, GET)).toMatch(/hello$/);
  });

  it('keeps a newer snapshot when an older one comes late', async () => {
    const none = snapshotOf([poolOf([])], {}, { version: 5 });
    process.sendSnapshot(none);
    expect(await process.hears('ack', 1)).toMatchObject({ version: 5 });
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])], {}, { version: 4 }));
    expect(await process.hears('ack', 2)).toMatchObject({ version: 5 });
    expect(await exchangeRaw(port, GET)).toContain('x-tidegate-error: no_backend');
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', backend.port)])], {}, { epoch: 2, version: 1 }));
    expect(await process.hears('ack', 3)).toMatchObject({ epoch: 2, version: 1 });
    expect(await exchangeRaw(port, GET)).toMatch(/hello$/);
  });

  it('reports outcomes, connections and metrics', async () => {
    await exchangeRaw(port, GET);
    const outcomes = await waitUntil('the outcome', () =>
      process.messages.flatMap((message) => (message.type === 'report' ? message.outcomes : [])).at(0),
    );
    expect(outcomes).toEqual({
      pool: 'default',
      backend: 'a',
      generation: 1,
      successes: 1,
      failures: {},
      trials: [],
    });
    process.send({ type: 'flush', id: 7 });
    expect(await process.hears('flushed')).toEqual({ type: 'flushed', id: 7 });
    const metrics = await process.hears('metrics');
    expect(metrics.firstSeries).toBe(0);
    expect(metrics.series).toContainEqual({ metric: 'requests', labels: ['default', 'GET', '200'] });
  });

  it('reports requests in flight, and a failure at once', async () => {
    const slow = await startBackend(() => undefined);
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', slow.port)])], {}, { version: 2 }));
    await process.hears('ack', 1);
    const client = await connectRaw(port);
    client.send(GET);
    await slow.sees(1);
    const active = (count: number) => () =>
      process.messages.some(
        (message) =>
          message.type === 'report' &&
          (message.active?.[0]?.active ?? 0) === count &&
          message.active !== undefined,
      );
    await waitUntil('one in flight', active(1));
    for (const { socket } of slow.connections) socket.destroy();
    await waitUntil('the failure', () =>
      process.messages.some(
        (message) =>
          message.type === 'report' && message.outcomes.some(({ failures }) => failures.reset !== undefined),
      ),
    );
    await waitUntil('none in flight', active(0));
    client.close();
    await slow.close();
  });

  it('returns a trial permit with its result, and one that it could not use', async () => {
    const permits = [
      { permit: 11, worker: 1 },
      { permit: 12, worker: 1 },
      { permit: 13, worker: 2 },
    ];
    process.sendSnapshot(
      snapshotOf(
        [poolOf([backendAt('a', backend.port, { availability: 'trial', permits })])],
        {},
        { version: 2 },
      ),
    );
    await process.hears('ack', 1);
    expect(await exchangeRaw(port, GET)).toMatch(/hello$/);
    const trials = () =>
      process.messages.flatMap((message) =>
        message.type === 'report' ? message.outcomes.flatMap((outcome) => outcome.trials) : [],
      );
    await waitUntil('the first to come back', () =>
      trials().some(({ permit, returned }) => permit === 11 && returned),
    );
    expect(trials().some(({ permit, result }) => permit === 11 && result === 'success')).toBe(true);
    await waitUntil('the second to come back', () =>
      trials().some(({ permit, returned }) => permit === 12 && returned),
    );
    expect(trials().filter(({ permit }) => permit === 12)).toEqual([
      { permit: 12, result: null, returned: true },
    ]);
    expect(trials().some(({ permit }) => permit === 13)).toBe(false);
  });

  it('asks the primary for sessions and for the metrics page', async () => {
    process.sendSnapshot(
      snapshotOf(
        [
          poolOf([backendAt('a', backend.port)], {
            sticky: { type: 'cookie', cookieName: 'sid', idleTimeoutMs: 60_000, absoluteTimeoutMs: 60_000 },
          }),
        ],
        {},
        { version: 2 },
      ),
    );
    await process.hears('ack', 1);
    const reply = exchangeRaw(port, GET);
    const question = await process.hears('session');
    expect(question).toMatchObject({ operation: 'bind', pool: 'default', to: 'a' });
    process.send({ type: 'session-reply', id: question.id, backend: question.to });
    expect(await reply).toMatch(/set-cookie: sid=/i);
    const page = exchangeRaw(port, GET.replace('/hello', '/metrics'));
    const { id } = await process.hears('metrics-request');
    process.send({ type: 'metrics-reply', id, contentType: 'text/plain', body: 'tidegate_up 1\n' });
    expect(await page).toMatch(/tidegate_up 1\n$/);
  });

  it('goes on without its primary, until it is told to end', async () => {
    process.worker.process.disconnect();
    for (let i = 0; i < 3; i += 1) expect(await exchangeRaw(port, GET)).toMatch(/hello$/);
    process.worker.process.kill('SIGINT');
    process.worker.process.kill('SIGHUP');
    expect(await exchangeRaw(port, GET)).toMatch(/hello$/);
    process.worker.process.kill('SIGTERM');
    expect(await process.exited()).toBe(0);
  });

  it('finishes running requests when it is told to end', async () => {
    let finish: () => void = () => undefined;
    const slow = await startBackend((_request, connection) => {
      finish = () => connection.write(answer('late'));
    });
    process.sendSnapshot(
      snapshotOf([poolOf([backendAt('a', slow.port)])], { timeouts: { shutdownMs: 10_000 } }, { version: 2 }),
    );
    await process.hears('ack', 1);
    const client = await connectRaw(port);
    client.send(GET);
    await slow.sees(1);
    process.worker.process.kill('SIGTERM');
    await waitUntil('the port to close', async () => {
      const late = await connectRaw(port);
      late.close();
      return (await late.closed()) === 'ECONNREFUSED';
    });
    finish();
    expect(await client.until(/late$/)).toMatch(/connection: close/i);
    expect(await process.exited()).toBe(0);
    client.close();
    // The last report and the last counts came before the end.
    expect(
      process.messages.some((message) => message.type === 'report' && message.outcomes[0]?.successes === 1),
    ).toBe(true);
    await slow.close();
  });

  it('ends at the deadline of a shutdown', async () => {
    const silent = await startBackend(() => undefined);
    process.sendSnapshot(snapshotOf([poolOf([backendAt('a', silent.port)])], {}, { version: 2 }));
    await process.hears('ack', 1);
    const client = await connectRaw(port);
    client.send(GET);
    await silent.sees(1);
    process.send({ type: 'shutdown', deadlineMs: 50 });
    expect(await process.exited()).toBe(0);
    await client.closed();
    client.close();
    await silent.close();
  });

  it('tells when it cannot listen', async () => {
    const second = forkWorker();
    second.send(
      welcome({
        listener: { host: '127.0.0.1', port: backend.port, tls: false, h2: false, reusePort: false },
      }),
    );
    second.sendSnapshot(snapshotOf([poolOf([])]));
    expect(await second.hears('listen-failed')).toMatchObject({ code: 'EADDRINUSE' });
    await second.kill();
  });

  it('ends when its primary speaks another protocol', async () => {
    const second = forkWorker();
    second.send(welcome({ protocol: 99 }));
    expect(await second.exited()).toBe(1);
  });

  it('does not listen before it has a snapshot', async () => {
    const second = forkWorker();
    second.send(welcome());
    second.send({ type: 'flush', id: 1 });
    await second.hears('flushed');
    expect(second.messages.some(({ type }) => type === 'ready')).toBe(false);
    await second.kill();
  });
});

describe('two workers', () => {
  it.each([
    ['share a handle', false],
    ['bind the port each', true],
  ])('listen on one port when they %s', async (_name, reusePort) => {
    const backend = await startBackend(() => answer('hello'));
    const workers = [forkWorker(), forkWorker()];
    const snapshot = snapshotOf([poolOf([backendAt('a', backend.port)])]);
    const ports: number[] = [];
    for (const worker of workers) {
      // Sharing a handle, the system chooses once for all; each by itself, the second is told what the first got.
      worker.send(
        welcome({
          listener: {
            host: '127.0.0.1',
            port: reusePort ? (ports[0] ?? 0) : 0,
            tls: false,
            h2: false,
            reusePort,
          },
        }),
      );
      worker.sendSnapshot(snapshot);
      ports.push((await worker.hears('ready')).port);
    }
    expect(ports[1]).toBe(ports[0]);
    const [first, second] = workers;
    await first?.kill();
    expect(await exchangeRaw(ports[0] ?? 0, GET)).toMatch(/hello$/);
    await second?.kill();
    await backend.close();
  });
});

describe('a worker and an https backend', () => {
  it.each(['native', 'compat'] as const)('speaks verified TLS with the %s engine', async (engine) => {
    const certificates = new URL('../support/certificates/', import.meta.url);
    const secure = await startBackend((request) => answer(`secret ${request.field('host')}`), {
      tls: {
        cert: readFileSync(new URL('server.pem', certificates)),
        key: readFileSync(new URL('server-key.pem', certificates)),
      },
    });
    const process = forkWorker({ NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('server.pem', certificates)) });
    process.send(welcome({ engine }));
    const address = { protocol: 'https', host: 'localhost', port: secure.port } as const;
    const entry = backendAt('a', 1, { address });
    process.sendSnapshot(snapshotOf([poolOf([entry])]));
    const { port } = await process.hears('ready');
    expect(await exchangeRaw(port, GET)).toMatch(/secret a\.test$/);
    expect(await exchangeRaw(port, GET)).toMatch(/secret a\.test$/);
    await process.kill();
    await secure.close();
  });
});
