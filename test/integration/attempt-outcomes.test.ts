/** One attempt, one outcome, decided when it is over: what each way to end counts, over HTTP/1.1 and HTTP/2. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { ENGINES, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectH2 } from '../support/h2-client.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { testCertificate } from '../support/test-certificate.js';
import { waitUntil } from '../support/wait-until.js';

const BEGUN = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart';
const FAILED = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
const PERMIT = 7;

/** Breaks off within its answer. */
const breaking: BackendScript = (_request, connection) => {
  connection.write(BEGUN);
  connection.socket.end();
};

describe.each(ENGINES)('an attempt of the %s engine', (_name, startEngine) => {
  let backend: BackendServer;
  let engine: EngineUnderTest;
  const clients: { close(): void }[] = [];

  async function start(script: BackendScript, isTrial = false): Promise<void> {
    backend = await startBackend(script);
    const trial = {
      availability: 'trial',
      permits: [{ permit: PERMIT, worker: 1 }],
    } as const;
    engine = await startEngine(snapshotOf([poolOf([backendAt('a', backend.port, isTrial ? trial : {})])]));
  }
  async function ask(request = GET): Promise<RawClient> {
    const client = await connectRaw(engine.port);
    clients.push(client);
    client.send(request);
    return client;
  }
  const load = (): number => engine.table().pools.values().next().value?.backends[0]?.load.own ?? -1;
  const over = (): Promise<unknown> => waitUntil('the end of the attempt', () => load() === 0);
  /** Successes, failures by reason, and results of trials: all there was. */
  function told(): unknown {
    let successes = 0;
    const failures: Record<string, number> = {};
    const trials: unknown[] = [];
    for (const one of engine.outcomes()) {
      successes += one.successes;
      trials.push(...one.trials);
      for (const [reason, count] of Object.entries(one.failures)) {
        failures[reason] = (failures[reason] ?? 0) + count;
      }
    }
    return { successes, failures, trials };
  }
  const answered = (codes: string): number => engine.counted('backendRequests', 'default', 'a', codes);
  const errors = (reason: string): number => engine.counted('backendErrors', 'default', 'a', reason);

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await over();
    expect(engine.complaints).toEqual([]);
    await engine.close();
    await backend.close();
  });

  it('with a whole answer is one success', async () => {
    await start(() => answer('ok'));
    await (await ask()).until(/ok$/);
    await over();
    expect(told()).toEqual({ successes: 1, failures: {}, trials: [] });
    expect(answered('2xx')).toBe(1);
  });

  it('with a whole answer of 503 is one failure', async () => {
    await start(() => FAILED);
    await (await ask()).until(/busy$/);
    await over();
    expect(told()).toEqual({ successes: 0, failures: { status: 1 }, trials: [] });
    expect([answered('5xx'), errors('status')]).toEqual([1, 1]);
  });

  it('whose answer breaks off is one failure and no success', async () => {
    await start(breaking);
    await (await ask()).closed();
    await over();
    expect(told()).toEqual({ successes: 0, failures: { body: 1 }, trials: [] });
    expect([answered('2xx'), errors('body')]).toEqual([0, 1]);
  });

  it('whose answer of 503 breaks off is one failure', async () => {
    await start((_request, connection) => {
      connection.write(FAILED.slice(0, -2));
      connection.socket.end();
    });
    await (await ask()).closed();
    await over();
    expect(told()).toEqual({ successes: 0, failures: { body: 1 }, trials: [] });
    expect([answered('5xx'), errors('status'), errors('body')]).toEqual([0, 0, 1]);
  });

  it('whose client leaves within the answer says nothing of the backend', async () => {
    await start(() => BEGUN);
    const client = await ask();
    await client.until(/part$/);
    client.socket.resetAndDestroy();
    await over();
    expect(told()).toEqual({ successes: 0, failures: {}, trials: [] });
    expect([answered('2xx'), errors('body')]).toEqual([1, 0]);
  });

  it('that still runs counts nothing yet', async () => {
    await start(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const client = await ask();
    await backend.sees(1);
    const [connection] = backend.connections;
    for (const event of ['one', 'two', 'six']) {
      connection?.write(`3\r\n${event}\r\n`);
      await client.until(event);
      expect(told()).toEqual({ successes: 0, failures: {}, trials: [] });
      expect(answered('2xx')).toBe(0);
    }
    connection?.write('0\r\n\r\n');
    await client.until(/0\r\n\r\n$/);
    await over();
    expect(told()).toEqual({ successes: 1, failures: {}, trials: [] });
    expect(answered('2xx')).toBe(1);
  });

  it('that becomes a tunnel is a success at once, however the tunnel ends', async () => {
    await start(() => SWITCH);
    const client = await ask(UPGRADE);
    await client.until(/101[^]*\r\n\r\n/);
    expect(told()).toEqual({ successes: 1, failures: {}, trials: [] });
    expect(answered('1xx')).toBe(1);
    backend.connections[0]?.socket.resetAndDestroy();
    await over();
    expect(told()).toEqual({ successes: 1, failures: {}, trials: [] });
    expect(answered('1xx')).toBe(1);
  });

  describe('that is a trial', () => {
    it('has succeeded when its answer is whole', async () => {
      await start(() => answer('ok'), true);
      await (await ask()).until(/ok$/);
      await over();
      expect(told()).toEqual({
        successes: 0,
        failures: {},
        trials: [{ permit: PERMIT, result: 'success', returned: true }],
      });
    });

    it('has failed when its answer breaks off, and says by what', async () => {
      await start(breaking, true);
      await (await ask()).closed();
      await over();
      expect(told()).toEqual({
        successes: 0,
        failures: {},
        trials: [{ permit: PERMIT, result: 'failure', reason: 'body', returned: true }],
      });
    });

    it('says which status it failed by', async () => {
      await start(() => FAILED, true);
      await (await ask()).until(/busy$/);
      await over();
      expect(told()).toMatchObject({
        trials: [{ permit: PERMIT, result: 'failure', reason: 'status', status: 503, returned: true }],
      });
    });

    it('gives its permit back without a result when its client leaves', async () => {
      await start(() => BEGUN, true);
      const client = await ask();
      await client.until(/part$/);
      expect(told()).toEqual({ successes: 0, failures: {}, trials: [] });
      client.socket.resetAndDestroy();
      await over();
      expect(told()).toMatchObject({ trials: [{ permit: PERMIT, result: null, returned: true }] });
    });

    it('has succeeded when it becomes a tunnel, and keeps its permit as long as that lasts', async () => {
      await start(() => SWITCH, true);
      const client = await ask(UPGRADE);
      await client.until(/101[^]*\r\n\r\n/);
      const success = { permit: PERMIT, result: 'success', returned: false };
      expect(told()).toMatchObject({ trials: [success] });
      client.close();
      await over();
      expect(told()).toMatchObject({ trials: [success, { permit: PERMIT, result: null, returned: true }] });
    });
  });
});

describe.each(ENGINES)('an attempt for HTTP/2 beside the %s engine', (_name, startEngine) => {
  it.each([
    ['breaks off', breaking, { failures: { body: 1 }, successes: 0 }],
    ['is whole', () => answer('ok'), { failures: {}, successes: 1 }],
  ] as const)('has one outcome when its answer %s', async (_how, script: BackendScript, outcome) => {
    const backend = await startBackend(script);
    const engine = await startEngine(snapshotOf([poolOf([backendAt('a', backend.port)])]), {
      certificate: testCertificate(),
    });
    const client = await connectH2(engine.port);
    const got = client.request();
    await waitUntil('the end of the stream', () => got.stream.closed);
    await waitUntil(
      'the end of the attempt',
      () => engine.counted('requests', 'default', 'GET', '200') === 1,
    );
    expect(engine.outcomes()).toMatchObject([outcome]);
    client.close();
    await engine.close();
    await backend.close();
  });
});
