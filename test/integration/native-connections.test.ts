/** How the native engine takes turns between its clients' connections, and how it ends them. */
import { answer, startBackend, type BackendScript, type BackendServer } from '../support/backend-server.js';
import { ENGINES, type EngineUnderTest } from '../support/engine-under-test.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf, type ForwardingChanges } from '../support/snapshot-of.js';
import { waitUntil } from '../support/wait-until.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe.each(ENGINES.filter(([name]) => name === 'native'))(
  'connections of the %s engine',
  (_name, startEngine) => {
    let backend: BackendServer;
    let engine: EngineUnderTest;
    const clients: RawClient[] = [];

    async function start(script: BackendScript | null, forwarding: ForwardingChanges = {}): Promise<void> {
      backend = await startBackend(script ?? (() => undefined));
      const backends = script === null ? [] : [backendAt('a', backend.port)];
      engine = await startEngine(snapshotOf([poolOf(backends)], forwarding));
    }
    async function connect(): Promise<RawClient> {
      const client = await connectRaw(engine.port);
      clients.push(client);
      return client;
    }
    const answers = (client: RawClient): number => client.received().split('HTTP/1.1 ').length - 1;
    afterEach(async () => {
      for (const client of clients.splice(0)) client.close();
      await engine.close();
      await backend.close();
      expect(engine.complaints).toEqual([]);
    });

    it('answers few pipelined requests of one connection in one turn of the event loop, and all in the end', async () => {
      await start(null);
      const client = await connect();
      let most = 0;
      let before = 0;
      let isWatching = true;
      const watch = (): void => {
        const count = engine.counted('localReplies', 'default', 'no_backend');
        most = Math.max(most, count - before);
        before = count;
        if (isWatching) setImmediate(watch);
      };
      watch();
      client.send(GET.repeat(5_000));
      await waitUntil('all answers', () => answers(client) === 5_000);
      isWatching = false;
      expect(before).toBe(5_000);
      expect(most).toBeLessThanOrEqual(50);
    });

    describe('ending a connection by its own choice, while more requests are on their way', () => {
      it.each([
        ['its share of requests, answered by ourselves', null, 503],
        ['its share of requests, answered by a backend', () => answer('ok'), 200],
      ] as const)('sends the last answer whole after %s', async (_why, script, status) => {
        await start(script, { limits: { requestsPerConnection: 3 } });
        const client = await connect();
        // More than one read takes; what is not read when a connection is closed resets it.
        client.socket.pause();
        client.send(GET.repeat(50_000));
        await waitUntil(
          'the last answer',
          () => engine.counted('requests', 'default', 'GET', String(status)) >= 3,
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
        client.socket.resume();
        expect(await client.closed()).toBe('end');
        expect(answers(client)).toBe(3);
        expect(client.received()).toMatch(/connection: close\r\n/i);
      });
    });
  },
);
