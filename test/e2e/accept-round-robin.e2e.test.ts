import type { Socket } from 'node:net';
import { openTcp } from '../support/raw-client.js';
import { backendList, base, startScenario, type Scenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const WORKERS = 2;
const PER_WORKER = 2;
const CONNECTIONS = 12;

describe('connections that the primary hands out', () => {
  let scenario: Scenario;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    scenario = await startScenario(
      1,
      (apps) =>
        `${base(WORKERS)}accept: round-robin\nlimits: { connections_per_worker: ${PER_WORKER} }\n${backendList(apps)}`,
    );
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await scenario.dispose();
  });

  it('are refused and counted beyond the limit, instead of going round between the workers', async () => {
    let answered = 0;
    let closed = 0;
    for (let opened = 0; opened < CONNECTIONS; opened += 1) {
      const socket = openTcp(scenario.tidegate.port);
      sockets.push(socket);
      socket.on('close', () => (closed += 1));
      socket.once('end', () => socket.end());
      socket.once('data', () => (answered += 1));
      socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    }
    await waitUntil('an end for each', () => answered + closed === CONNECTIONS);
    expect(answered).toBeLessThanOrEqual(WORKERS * PER_WORKER);
    expect(closed).toBeGreaterThanOrEqual(CONNECTIONS - WORKERS * PER_WORKER);
    await waitUntil('the count', async () => {
      const metrics = await scenario.tidegate.metrics();
      return metrics.get('tidegate_connections_refused_total{reason="limit"}') === closed;
    });
  });
});
