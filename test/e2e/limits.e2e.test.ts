import type { AppServer } from '../support/app-server.js';
import { httpGet } from '../support/http-get.js';
import { Load } from '../support/load.js';
import { backendList, base, startScenario, type Scenario } from '../support/scenario.js';
import { waitUntil } from '../support/wait-until.js';

const WORKERS = 2;
const LIMIT = 8;
const CLIENTS = 40;

describe.each(['native', 'compat'])('connection limits with the %s engine and several workers', (engine) => {
  let scenario: Scenario;
  let app: AppServer;

  const yaml = (limit: number, queue: string) => (apps: readonly AppServer[]) =>
    `${base(WORKERS)}engine: ${engine}\n${backendList(apps)}max_connections: ${limit}\nqueue: ${queue}\n`;
  const QUEUE = '{ max_pending: 100, timeout: 10s }';

  async function reload(limit: number, queue: string): Promise<void> {
    scenario.tidegate.write(yaml(limit, queue)(scenario.apps));
    expect((await scenario.tidegate.change('POST', '/api/v1/config/reload')).status).toBe(200);
    await scenario.tidegate.untilConverged();
  }
  /** Many clients until the backend has had some hundred requests more; all are answered. */
  async function loaded(): Promise<void> {
    const { port } = scenario.tidegate;
    const load = new Load({ port, rate: 2_000, connections: CLIENTS });
    const served = app.served.length;
    load.start();
    await waitUntil('requests', () => app.served.length - served >= 500 || load.failureCount > 0);
    const result = await load.stop();
    expect(result.failures).toEqual([]);
    expect(result.answered).toBe(result.sent);
  }
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
    await reload(1, '{ max_pending: 2, timeout: 500ms }');
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
    const metrics = await scenario.tidegate.metrics();
    for (const code of ['queue_full', 'queue_timeout']) {
      const series = `tidegate_local_replies_total{pool="default",error="${code}"}`;
      expect(metrics.get(series)).toBe(codes.get(code));
    }
  });
});
