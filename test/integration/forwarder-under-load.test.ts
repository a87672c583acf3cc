/** Many requests at once while backends and clients misbehave: none is lost that need not be, and none is mixed up. */
import { request as httpRequest, createServer, Agent, type IncomingMessage, type Server } from 'node:http';
import { seededRandom } from '../../shared/prng.js';
import { startNative, type EngineUnderTest } from '../support/engine-under-test.js';
import { type Listening, listen } from '../support/listen.js';
import { Load } from '../support/load.js';
import { connectRaw } from '../support/raw-client.js';
import { backendAt, poolOf, snapshotOf } from '../support/snapshot-of.js';
import { every, later } from '../support/slow-peer.js';
import { waitUntil } from '../support/wait-until.js';

describe('the native engine under load', () => {
  const servers: Listening[] = [];
  let engine: EngineUnderTest;

  async function portOf(server: Server): Promise<number> {
    const listening = await listen(server);
    servers.push(listening);
    return listening.port;
  }
  afterEach(async () => {
    await waitUntil('no load left', () =>
      [...engine.table().pools.values()].every(({ backends }) =>
        backends.every(({ load }) => load.own === 0),
      ),
    );
    expect(engine.complaints).toEqual([]);
    await engine.close();
    for (const server of servers.splice(0)) await server.close();
  });

  it('loses none of 10,000 GETs to a backend that closes idle connections at random', async () => {
    const random = seededRandom(7);
    let ended = 0;
    const server = createServer({ keepAlive: true, keepAliveTimeout: 0 }, (request, response) => {
      response.end(request.url);
      // Some time after the answer, without a word, as when a backend gives up idle connections.
      if (random() < 0.3) {
        const { socket } = request;
        later(random() * 4, () => socket.destroy());
        ended += 1;
      }
    });
    const port = await portOf(server);
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', port)])], { limits: { requestsPerConnection: 1_000_000 } }),
    );
    const load = new Load({ port: engine.port, rate: 2_500, connections: 32, requests: 10_000 });
    load.start();
    await waitUntil('10,000 answers', () => load.answered >= 10_000 || load.failureCount > 0, 110_000);
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(ended).toBeGreaterThan(1_000);
    expect(engine.counted('backendErrors', 'default', 'a', 'reset')).toBe(0);
  }, 120_000);

  it('gives every client its own answer, whatever the others do', async () => {
    const random = seededRandom(11);
    const backend = (): Server =>
      createServer((request, response) => {
        response.on('error', () => undefined);
        const id = request.url ?? '';
        const size = Math.floor(random() ** 4 * 300_000);
        const body = `${id}|`.padEnd(size, id).concat('|end');
        request.resume();
        const misdeed = random();
        if (misdeed < 0.02) return void request.socket.destroy();
        if (misdeed < 0.04) {
          response.writeHead(200, { 'content-length': body.length + 5 });
          response.write(body);
          return later(2, () => request.socket.destroy());
        }
        request.on('end', () => {
          if (random() < 0.5) response.setHeader('content-length', body.length);
          else response.write(body.slice(0, 3));
          response.end(response.headersSent ? body.slice(3) : body);
        });
      });
    const ports = [await portOf(backend()), await portOf(backend())];
    engine = await startNative(
      snapshotOf([poolOf(ports.map((port, i) => backendAt('ab'.charAt(i), port)))], {
        retry: { budgetPercent: 100 },
        limits: { requestsPerConnection: 1_000_000 },
      }),
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 24 });
    let answered = 0;
    const wrong: string[] = [];
    const one = (number: number): Promise<void> =>
      new Promise((resolve) => {
        const id = `/id-${number}-`;
        const kind = random();
        const method = kind < 0.3 ? 'POST' : 'GET';
        const request = httpRequest({ port: engine.port, agent, method, path: id }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (chunk: Buffer) => {
            parts.push(chunk);
            if (kind > 0.95) request.destroy();
          });
          response.on('error', () => undefined);
          response.on('close', () => {
            // Node calls an answer complete whose end came in the very read that made the client leave.
            if (kind <= 0.95) check(response, id, Buffer.concat(parts).toString());
            resolve();
          });
        });
        request.on('error', () => resolve());
        if (method === 'POST') request.write('x'.repeat(Math.floor(random() * 100_000)));
        request.end();
        if (kind > 0.9 && kind < 0.95) later(random() * 5, () => request.destroy());
      });
    function check(response: IncomingMessage, id: string, body: string): void {
      if (response.headers['x-tidegate-error'] !== undefined) return;
      const isOwn = body.startsWith(`${id}|`.slice(0, body.length));
      const isWhole = body.endsWith('|end');
      if (!isOwn || (response.complete && !isWhole)) wrong.push(`${id} got ${body.slice(0, 40)}`);
      if (response.complete) answered += 1;
    }
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < 3_000) await one(next++);
    };
    await Promise.all(Array.from({ length: 24 }, client));
    agent.destroy();
    expect(wrong).toEqual([]);
    expect(answered).toBeGreaterThan(2_400);
    await waitUntil('no connection left', () => engine.forwarder.connections() === 0);
  });

  it('serves others while many clients send their heads and bodies slowly', async () => {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.end('ok'));
    });
    const port = await portOf(server);
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', port)])], {
        timeouts: { requestHeadMs: 1_000, requestBodyIdleMs: 1_000 },
      }),
    );
    const slow = await Promise.all(Array.from({ length: 200 }, () => connectRaw(engine.port)));
    slow.forEach((client, i) => {
      client.send(
        i % 2 === 0
          ? 'GET / HTTP/1.1\r\nHost: a\r\nX: '
          : 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n',
      );
    });
    const stop = every(100, () => {
      // Heads are limited as a whole, so that a byte now and then does not help.
      slow.forEach(({ socket }, i) => i % 2 === 0 && socket.writable && socket.write('x'));
    });
    const load = new Load({ port: engine.port, rate: 500, connections: 8 });
    load.start();
    await Promise.all(slow.map((client) => client.closed()));
    stop();
    const { failures, answered } = await load.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    for (const client of slow) {
      expect(client.received()).toMatch(/^HTTP\/1\.1 408 /);
      client.close();
    }
  });

  it('recovers when all connections are cut again and again', async () => {
    const server = createServer((_request, response) => response.end('ok'));
    const port = await portOf(server);
    engine = await startNative(
      snapshotOf([poolOf([backendAt('a', port)])], { retry: { budgetPercent: 100 } }),
    );
    const load = new Load({ port: engine.port, rate: 1_000, connections: 16 });
    load.start();
    for (let round = 1; round <= 20; round += 1) {
      await waitUntil('more answers', () => load.answered >= round * 50);
      for (const socket of servers[0]?.sockets ?? []) socket.resetAndDestroy();
    }
    // What was on its way at the last cut is answered before these.
    let seen = load.answered;
    await waitUntil('more answers', () => load.answered >= seen + 100);
    const before = load.failureCount;
    seen = load.answered;
    await waitUntil('more answers', () => load.answered >= seen + 200);
    const { failureCount } = await load.stop();
    expect(failureCount).toBe(before);
  });
});
