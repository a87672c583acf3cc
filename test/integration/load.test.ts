import type { Socket } from 'node:net';
import { startBackend, type BackendServer } from '../support/backend-server.js';
import { Load, type LoadOptions, type LoadResult } from '../support/load.js';
import { later } from '../support/slow-peer.js';
import { waitUntil } from '../support/wait-until.js';

/** `request` counts from 1. */
type Respond = (socket: Socket, request: number) => void;

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Sends until `enough` requests were answered or failed, and stops. */
async function loadOf(port: number, enough: number, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  const load = new Load({ port, rate: 500, connections: 4, ...options });
  load.start();
  await waitUntil('enough of them', () => load.answered + load.failureCount >= enough);
  return load.stop();
}

describe('Load', () => {
  let backend: BackendServer;
  const start = async (respond: Respond): Promise<number> => {
    backend = await startBackend(({ number }, { socket }) => respond(socket, number + 1));
    return backend.port;
  };
  afterEach(() => backend.close());

  it('counts every request it sent as answered when all is well', async () => {
    const seen: string[] = [];
    const port = await start((socket) => socket.write(OK));
    const result = await loadOf(port, 50, {
      path: (n) => `/${n}`,
      onResponse: (response, n) => seen.push(`${n} ${response.body.toString()}`),
    });
    expect(result.failures).toEqual([]);
    expect(result.answered).toBe(result.sent);
    expect(result.statuses).toEqual(new Map([[200, result.sent]]));
    expect(result.connectionsOpened).toBeLessThanOrEqual(4);
    expect(seen).toContain('0 ok');
  });

  it('reports answers that are not 2xx, with the code that Tidegate gives', async () => {
    const no = 'HTTP/1.1 503 No\r\nx-tidegate-error: no_backend\r\ncontent-length: 0\r\n\r\n';
    const port = await start((socket, n) => socket.write(n === 2 ? no : OK));
    const result = await loadOf(port, 20);
    expect(result.failureCount).toBe(1);
    expect(result.failures).toEqual([expect.stringContaining('503 no_backend')]);
    expect(result.statuses.get(503)).toBe(1);
  });

  it('does not use a connection again whose answer said close, and does not call that a failure', async () => {
    const port = await start((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
    );
    const result = await loadOf(port, 20);
    expect(result.failures).toEqual([]);
    expect(result.connectionsOpened).toBe(result.sent);
  });

  it('calls it a failure when a connection ends in place of an answer', async () => {
    const port = await start((socket, n) => (n === 3 ? socket.end() : socket.write(OK)));
    const result = await loadOf(port, 20);
    expect(result.failures).toEqual([expect.stringContaining('ended without an answer (request')]);
  });

  it('calls it a failure when a connection is reset in the middle of an answer', async () => {
    const cut = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe';
    const port = await start((socket, n) => {
      if (n === 3) socket.write(cut, () => socket.resetAndDestroy());
      else socket.write(OK);
    });
    const result = await loadOf(port, 20);
    expect(result.failureCount).toBe(1);
    expect(result.answered).toBe(result.sent - 1);
  });

  it('replaces a connection that ends while idle', async () => {
    // The answer and the end come together, and the next request is not due for half a second.
    const port = await start((socket) => socket.end(OK));
    const result = await loadOf(port, 2, { rate: 2, connections: 1 });
    expect(result.failures).toEqual([]);
    expect(result.connectionsOpened).toBe(2);
  });

  it('calls it a failure when nothing listens', async () => {
    const port = await start(() => {});
    await backend.close();
    const result = await loadOf(port, 5);
    expect(result.answered).toBe(0);
    expect(result.failureCount).toBe(result.sent);
    expect(result.failures[0]).toContain('ECONNREFUSED (connecting)');
  });

  it('calls it a failure when no answer comes before the end, and when a request was never sent', async () => {
    const port = await start(() => {});
    const load = new Load({ port, rate: 1000, connections: 2, settleMs: 50 });
    load.start();
    await waitUntil(
      'requests on all connections, and more that are due',
      () => backend.requests.length === 2 && load.due > 2,
    );
    const result = await load.stop();
    expect(result.failureCount).toBe(result.sent);
    expect(result.failures.join()).toContain('no answer before the load ended');
    expect(result.failures.join()).toContain('never sent');
  });

  it('waits for a long line as long as answers come, and has no more due than it was told', async () => {
    const port = await start((socket) => later(200, () => socket.write(OK)));
    const load = new Load({ port, rate: 1_000, connections: 1, requests: 6, settleMs: 1_000 });
    load.start();
    await waitUntil('an answer', () => load.answered > 0);
    expect(await load.stop()).toMatchObject({ sent: 6, answered: 6, failures: [] });
  });
});
