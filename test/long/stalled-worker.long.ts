/** How soon a worker that answers no more has been replaced, with real processes. CI counts heartbeats instead. */
import { kernelMigratesConnections } from '../../control-plane/workers/accept-mode.js';
import { AppServer } from '../support/app-server.js';
import { freePort } from '../support/free-port.js';
import { httpGet } from '../support/http-get.js';
import { Load } from '../support/load.js';
import { takeoverConfig } from '../support/replaced-primary.js';
import { QUICK_CHECK, backendList, base, startScenario } from '../support/scenario.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';

const LIMIT_MS = 3_000;
const WORKERS = 4;
/** New connections per second. */
const RATE = 400;
/** In every process of this Tidegate, and used on workers: from this signal on it spins. */
const SPIN = 'SIGURG';
const SPIN_ON_SIGNAL = `data:text/javascript,process.on('${SPIN}',()=>{for(;;);})`;

describe('a worker that answers no more', () => {
  beforeAll(() => {
    process.env['NODE_OPTIONS'] = `--import=${SPIN_ON_SIGNAL}`;
  });
  afterAll(() => {
    delete process.env['NODE_OPTIONS'];
  });

  it.each(['SIGSTOP', SPIN] as const)('is replaced within three seconds of %s', async (signal) => {
    const scenario = await startScenario(2, (apps) => `${base(WORKERS)}${backendList(apps)}${QUICK_CHECK}\n`);
    const { tidegate } = scenario;
    const tookMs: number[] = [];
    try {
      await waitUntil('all workers', async () => (await tidegate.workerPids()).length === WORKERS);
      // Each of them once: who ends again and again is started again later.
      for (const pid of await tidegate.workerPids()) {
        const began = performance.now();
        process.kill(pid, signal);
        await waitUntil(
          'another worker',
          async () => {
            const now = await tidegate.workerPids();
            return now.length === WORKERS && !now.includes(pid);
          },
          20_000,
        );
        tookMs.push(Math.round(performance.now() - began));
        expect((await httpGet(tidegate.url('/'))).status).toBe(200);
      }
    } finally {
      await scenario.dispose();
    }
    process.stdout.write(`${signal}: replaced after ${tookMs.join(', ')} ms\n`);
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(LIMIT_MS);
  });

  it.each(['shared', 'reuse-port'])('costs new connections nothing but time with %s', async (accept) => {
    const app = await AppServer.start('app1');
    const tidegate = await Tidegate.start(takeoverConfig(await freePort(), accept, [app]));
    const load = new Load({
      port: tidegate.port,
      rate: RATE,
      connections: 1_000,
      headers: { connection: 'close' },
    });
    let dueBefore = 0;
    try {
      load.start();
      const began = performance.now();
      await waitUntil('load', () => load.answered > RATE);
      const [stopped] = await tidegate.workerPids();
      process.kill(stopped!, 'SIGSTOP');
      dueBefore = ((performance.now() - began) * RATE) / 1_000 + 1;
      await waitUntil('another worker', async () => {
        const now = await tidegate.workerPids();
        return now.length === 2 && !now.includes(stopped!);
      });
      const before = load.answered;
      await waitUntil('more load', () => load.answered > before + RATE);
    } finally {
      const { sent, failures, failureCount, latencyMs } = await load.stop();
      const migrates = kernelMigratesConnections();
      process.stdout.write(
        `${accept}, tcp_migrate_req=${migrates ? 1 : 0}: ${failureCount} of ${sent} lost, longest ${Math.round(latencyMs.max)} ms\n`,
      );
      await tidegate.dispose();
      await app.kill();
      // What it had taken before it was stopped goes with it.
      const later = failures.filter((failure) => Number(/^request (\d+)/.exec(failure)?.[1]) > dueBefore);
      if (accept === 'shared' || migrates) expect(later).toEqual([]);
    }
  });
});
