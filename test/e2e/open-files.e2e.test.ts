import type { Socket } from 'node:net';
import { AppServer } from '../support/app-server.js';
import { httpGet } from '../support/http-get.js';
import { openTcp } from '../support/raw-client.js';
import { QUICK_CHECK, backendList, base } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

/** Of each process. A worker has some 30 open before the first connection. */
const LIMIT = 100;
const CLIENTS = 150;
const SHORT = 'out of file descriptors: new connections are refused until some are free';
const NONE_LEFT = 'no connection to a backend can be opened: this process is short of them';

describe('a worker that is out of file descriptors', () => {
  let app: AppServer;
  let tidegate: Tidegate;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    app = await AppServer.start('app1');
    tidegate = Tidegate.prepare(`${base(1)}${backendList([app])}${QUICK_CHECK}\n`);
    tidegate.command = ['sh', '-c', `ulimit -n ${LIMIT}; exec "$@"`, 'sh', ...tidegate.command];
    await tidegate.run();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(async () => {
    await tidegate.dispose();
    await app.kill();
  });

  const lines = (message: string): number => tidegate.lines.filter(({ msg }) => msg === message).length;
  const untilServed = (): Promise<unknown> =>
    waitUntil('a request to be served', async () => {
      const answer = await httpGet(tidegate.url('/')).catch(() => null);
      return answer?.status === 200;
    });

  /** Resolves when none of them connects any more. */
  async function open(): Promise<{ closed: () => number; answers: () => string }> {
    let [opened, closed, answers] = [0, 0, ''];
    for (let count = 0; count < CLIENTS; count += 1) {
      const socket = openTcp(tidegate.port);
      sockets.push(socket);
      socket.on('end', () => socket.end());
      socket.on('close', () => (closed += 1));
      socket.on('data', (chunk) => (answers += chunk.toString('latin1')));
      socket.once('connect', () => (opened += 1));
    }
    await waitUntil('all to have connected', () => opened + closed >= CLIENTS);
    return { closed: () => closed, answers: () => answers };
  }

  it('is warned of at the start', () => {
    const warning = tidegate.lines.find(({ msg }) => msg?.startsWith('the limit of open files') === true);
    expect(warning).toMatchObject({ limit: LIMIT, connectionsPerWorker: 10_000 });
  });

  it('refuses new connections, counts them and says so once in a while', async () => {
    const { closed } = await open();
    await waitUntil('some to be refused', () => closed() > CLIENTS / 3);
    await waitUntil('the count', async () => {
      const metrics = await tidegate.metrics();
      return metrics.get('tidegate_connections_refused_total{reason="descriptors"}') === closed();
    });
    expect(lines(SHORT)).toBe(1);
    for (const socket of sockets.splice(0)) socket.destroy();
    await untilServed();
  });

  it('blames no backend for connections that it cannot open', async () => {
    const gate = Promise.withResolvers<void>();
    app.gate = gate.promise;
    const { closed, answers } = await open();
    await waitUntil('some to be refused', () => closed() > CLIENTS / 3);
    // Those that are in have taken all but a few of the descriptors.
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await waitUntil('requests that find no descriptor', () => answers().includes('overloaded'));
    app.gate = null;
    gate.resolve();
    await waitUntil('the log', () => lines(NONE_LEFT) > 0);
    const backend = await tidegate.backend('app1');
    expect(backend).toMatchObject({ health: 'healthy', availability: 'available' });
    expect(backend.breaker).toMatchObject({ state: 'closed' });
    const metrics = await tidegate.metrics();
    const blamed = [...metrics].filter(([name]) => name.startsWith('tidegate_backend_errors_total'));
    expect(blamed.filter(([, count]) => count > 0)).toEqual([]);
    for (const socket of sockets.splice(0)) socket.destroy();
    await untilServed();
  });
});
