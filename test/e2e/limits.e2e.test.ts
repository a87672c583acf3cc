import { Agent } from 'node:http';
import type { AppServer } from '../support/app-server.js';
import { httpGet } from '../support/http-get.js';
import { backendList, base, startScenario, type Scenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const WORKERS = 2;
const LIMIT = 7;
const CLIENTS = 40;
/** Of each client. */
const REQUESTS = 15;

describe('connection limits over several workers', () => {
  let scenario: Scenario;
  let app: AppServer;

  const yaml = (limit: number, queue: string) => (apps: readonly AppServer[]) =>
    `${base(WORKERS)}${backendList(apps)}max_connections: ${limit}\nqueue: ${queue}\n`;
  const QUEUE = '{ max_pending: 100, timeout: 10s }';

  async function reload(limit: number, queue: string): Promise<void> {
    scenario.tidegate.write(yaml(limit, queue)(scenario.apps));
    expect((await scenario.tidegate.change('POST', '/api/v1/config/reload')).status).toBe(200);
    await scenario.tidegate.untilConverged();
  }
  /** More clients than slots, each asking again when it is answered. All are. */
  async function loaded(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const url = `http://127.0.0.1:${scenario.tidegate.port}/`;
    const statuses: number[] = [];
    const client = async (): Promise<void> => {
      for (let asked = 0; asked < REQUESTS; asked += 1) statuses.push((await httpGet(url, { agent })).status);
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    agent.destroy();
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(statuses).toHaveLength(CLIENTS * REQUESTS);
  }
  const repliesBy = async (errors: readonly [string, string]): Promise<[number, number]> => {
    const metrics = await scenario.tidegate.metrics();
    const count = (error: string): number =>
      metrics.get(`tidegate_local_replies_total{pool="default",error="${error}"}`) ?? 0;
    return [count(errors[0]), count(errors[1])];
  };
  const pending = async (): Promise<number> => {
    const { body } = await scenario.tidegate.api('/api/v1/status');
    return (body.pools as { pending_requests: number }[])[0]?.pending_requests ?? 0;
  };

  beforeAll(async () => {
    scenario = await startScenario(1, yaml(LIMIT, QUEUE));
    const [one] = scenario.apps;
    if (one === undefined) throw new Error('no app');
    app = one;
    app.delayMs = 10;
  });
  afterAll(() => scenario.dispose());

  it('gives a backend no more requests than its limit, answers all, and follows a new limit', async () => {
    app.resetPeak();
    await loaded();
    expect(app.peak).toBeLessThanOrEqual(LIMIT);
    expect(app.peak).toBeGreaterThan(LIMIT / WORKERS / 2);

    await reload(4, QUEUE);
    app.resetPeak();
    await loaded();
    expect(app.peak).toBeLessThanOrEqual(4);

    const metrics = await scenario.tidegate.metrics();
    expect(metrics.get('tidegate_backend_max_connections{pool="default",backend="app1"}')).toBe(4);
    expect(metrics.get('tidegate_queue_wait_seconds_count{pool="default"}')).toBeGreaterThan(0);
    expect((await scenario.tidegate.cli('backends', 'list')).stdout).toMatch(/app1 .* \d+\/4 /);
  });

  it('tells those that find the queue full, and those whose time is over', async () => {
    await reload(1, '{ max_pending: 2, timeout: 3s }');
    const before = await repliesBy(['queue_full', 'queue_timeout']);
    const gate = Promise.withResolvers<void>();
    app.gate = gate.promise;
    const url = `http://127.0.0.1:${scenario.tidegate.port}/`;
    const asked = Array.from({ length: 20 }, () => httpGet(url));
    // What each worker may have waiting is seen by the primary.
    await waitUntil('requests that wait', async () => (await pending()) > 0);
    const refused = await Promise.race(asked);
    expect([refused.status, refused.headers['x-tidegate-error']]).toEqual([503, 'queue_full']);
    await waitUntil('the end of the waits', async () => (await pending()) === 0);
    gate.resolve();
    app.gate = null;
    const codes = new Map<unknown, number>();
    for (const { status, headers } of await Promise.all(asked)) {
      const code = status === 200 ? 'served' : headers['x-tidegate-error'];
      if (status === 503) expect(headers['retry-after']).toBe('1');
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    // How many each worker had is chance, but one had ten at least.
    const [served = 0, late = 0, refusals = 0] = ['served', 'queue_timeout', 'queue_full'].map((code) =>
      codes.get(code),
    );
    expect(served).toBeLessThanOrEqual(WORKERS);
    expect(late).toBeGreaterThanOrEqual(2);
    expect(late).toBeLessThanOrEqual(2 * WORKERS);
    expect(served + late + refusals).toBe(asked.length);
    expect(await repliesBy(['queue_full', 'queue_timeout'])).toEqual([
      before[0] + refusals,
      before[1] + late,
    ]);
  });
});
